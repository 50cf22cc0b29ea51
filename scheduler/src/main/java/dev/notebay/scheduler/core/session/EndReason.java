package dev.notebay.scheduler.core.session;

/** Why a session ended, or is ending. The names are stable: they are stored, sent and counted. */
public enum EndReason {
  USER_REQUEST(false),
  IDLE_TIMEOUT(false),
  MAX_LIFETIME(false),
  PREEMPTED(false),
  START_FAILED(true),
  START_TIMEOUT(true),
  RUNTIME_LOST(true),
  NODE_LOST(true),
  VOLUME_NOT_FOUND(true),
  UNPLACEABLE(true);

  private final boolean fault;

  EndReason(boolean fault) {
    this.fault = fault;
  }

  /** Whether a session that ended so is FAILED, and not STOPPED. */
  public boolean isFault() {
    return fault;
  }
}
