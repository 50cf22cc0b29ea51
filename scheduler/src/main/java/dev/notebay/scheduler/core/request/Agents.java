package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.Optional;

/** What is known of agents beside the store: nothing that a restart may not forget. */
public interface Agents {
  boolean isConnected(SessionId session);

  Optional<AgentReport> lastReport(SessionId session);

  /** How far the start of its runtime was when this replica looked last; empty where it did not. */
  default Optional<RuntimeView.Starting> lastStart(SessionId session) {
    return Optional.empty();
  }
}
