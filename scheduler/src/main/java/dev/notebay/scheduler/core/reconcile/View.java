package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.Session;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * What should be and what is, as far as is known: what is seen of runtimes may be old. The sessions
 * were read before the runtimes: the other order would take a runtime that began in between for one
 * that nobody wants.
 *
 * @param waiting all queued sessions, oldest first
 * @param sessions all other unfinished ones, oldest first, or those of them that have changed; and
 *     the session of every runtime in {@code runtimes} if it exists and does not wait
 * @param runtimes every runtime that is seen, or those of {@code sessions}
 * @param watchedSince since when such views have been had without a gap: what was slow while nobody
 *     looked is given its time again
 */
public record View(
    Collection<Session> waiting,
    Collection<Session> sessions,
    List<RuntimeView> runtimes,
    List<Node> nodes,
    Instant watchedSince,
    Instant now) {}
