package dev.notebay.agent.core.activity;

/** What the agent tells the scheduler. Nothing here waits or fails: what cannot be sent is not. */
public interface Scheduler {
  /** Whether it listens now. */
  boolean isConnected();

  /** Replaces the report that is sent with every heartbeat; news is sent at once. */
  void report(Report report);

  /** Asks that the session ends. May be called again and again: it is not sent more than needed. */
  void requestEnd(Cause cause, String message, long policyGeneration);
}
