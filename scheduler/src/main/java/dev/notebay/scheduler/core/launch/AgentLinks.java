package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;

/**
 * The open links of agents. What is sent to an agent that is not connected is lost: it is sent
 * again later.
 */
public interface AgentLinks {
  /** Tells the session's agent to end its runtime. */
  void stop(RuntimeName name, EndReason reason, String message);

  /** Tells the session's agent its present policy. */
  void sendPolicy(Session session);
}
