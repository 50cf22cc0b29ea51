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
  /**
   * Its volume is there and cannot be mounted, such as by a node that another one keeps it from.
   */
  VOLUME_UNAVAILABLE(true),
  /** Its container image cannot be had. */
  IMAGE_UNAVAILABLE(true),
  /** Its kernels used more memory than the session has, and the system ended its runtime. */
  KERNEL_OUT_OF_MEMORY(true),
  /** Its node ran short of something, and made room. */
  EVICTED(true),
  UNPLACEABLE(true);

  private final boolean fault;

  EndReason(boolean fault) {
    this.fault = fault;
  }

  /** Whether a session that ended so is FAILED, and not STOPPED. */
  public boolean isFault() {
    return fault;
  }

  /** What to tell of a runtime that ended so before it was ready. */
  public EndReason ofStart() {
    return switch (this) {
      case VOLUME_UNAVAILABLE, IMAGE_UNAVAILABLE, KERNEL_OUT_OF_MEMORY, EVICTED, NODE_LOST -> this;
      case USER_REQUEST,
          IDLE_TIMEOUT,
          MAX_LIFETIME,
          PREEMPTED,
          START_FAILED,
          START_TIMEOUT,
          RUNTIME_LOST,
          VOLUME_NOT_FOUND,
          UNPLACEABLE ->
          START_FAILED;
    };
  }
}
