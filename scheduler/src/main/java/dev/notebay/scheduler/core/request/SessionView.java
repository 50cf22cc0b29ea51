package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.queue.Standing;
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
    Session session, Optional<Standing> waiting, Optional<AgentReport> report, boolean connected) {}
