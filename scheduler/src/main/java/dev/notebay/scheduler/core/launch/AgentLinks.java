package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.Session;

/**
 * The links that agents hold open to this replica; other replicas have other ones. What is told to
 * an agent that is not connected here is lost: every replica tells its own agents again and again.
 */
public interface AgentLinks {
  /**
   * Tells the agent of the session's present attempt what it has not been told yet: the policy of a
   * running session, the end of a stopping one.
   */
  void tell(Session session);
}
