package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.Optional;

/** What is known of agents beside the store: nothing that a restart may not forget. */
public interface Agents {
  boolean isConnected(SessionId session);

  Optional<AgentReport> lastReport(SessionId session);
}
