package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.Session;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * What should be and what is, as far as is known, of everything or of a part. What is seen of
 * runtimes may be old; whose runtime is seen and not known was read after it, or else one that
 * began in between would be taken for one that nobody wants.
 *
 * @param waiting all queued sessions, oldest first
 * @param sessions all other unfinished ones, or some of them; and the session of every runtime in
 *     {@code runtimes} if it exists and does not wait
 * @param runtimes every runtime that is seen of {@code sessions}, and some of nobody
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
