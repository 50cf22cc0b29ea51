package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.session.Session;
import java.util.Optional;

/**
 * A session and all that is known about it now.
 *
 * @param waiting why and where it waits, while it is queued
 * @param report what its agent last said
 * @param connected whether its agent's link is open
 * @param start how far its runtime is, while it starts and as far as this replica has seen
 */
public record SessionView(
    Session session,
    Optional<Standing> waiting,
    Optional<AgentReport> report,
    boolean connected,
    Optional<RuntimeView.Starting> start) {

  /** Of a session of whose start nothing is known. */
  public SessionView(
      Session session,
      Optional<Standing> waiting,
      Optional<AgentReport> report,
      boolean connected) {
    this(session, waiting, report, connected, Optional.empty());
  }
}
