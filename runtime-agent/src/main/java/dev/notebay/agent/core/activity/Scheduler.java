package dev.notebay.agent.core.activity;

/** What the agent tells the scheduler. Nothing here waits or fails: what cannot be sent is not. */
public interface Scheduler {
  /** Whether it listens now. */
  boolean isConnected();

  /** Replaces the report that is sent with every heartbeat; news is sent at once. */
  void report(Report report);

  /**
   * Asks that the session ends. To be called again and again for as long as that is so: it is not
   * sent more than needed, and nothing is kept for later while nobody listens.
   */
  void requestEnd(Cause cause, String message, long policyGeneration);

  /** There is no reason to end: what was asked for and is not sent yet never is. */
  void withdrawEnd();
}
