package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.placement.Queue;
import dev.notebay.scheduler.core.session.Session;
import java.util.Optional;

/**
 * A session and all that is known about it now.
 *
 * @param waiting why and where it waits, while it is queued
 * @param report what its agent last said
 * @param connected whether its agent's link is open
 */
public record SessionView(
    Session session,
    Optional<Queue.Outcome> waiting,
    Optional<AgentReport> report,
    boolean connected) {}
