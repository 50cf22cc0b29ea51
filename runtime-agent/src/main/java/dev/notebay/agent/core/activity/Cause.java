package dev.notebay.agent.core.activity;

/** Why the agent wants its session to end. */
public enum Cause {
  IDLE_TIMEOUT,
  MAX_LIFETIME,
  /** Its devices are needed by others, and it has had notice. */
  PREEMPTED,
  /** Code in the session called {@code runtime.unassign()}. */
  USER_REQUEST
}
