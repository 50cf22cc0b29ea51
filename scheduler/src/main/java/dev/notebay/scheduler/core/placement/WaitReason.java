package dev.notebay.scheduler.core.placement;

/** Why a session waits. The names are stable: they are sent and counted. */
public enum WaitReason {
  ACCELERATOR_BUSY,
  CPU_BUSY,
  MEMORY_BUSY,
  /** It would fit, but what is free is kept for a session that has waited longer. */
  WAITING_BEHIND_OTHERS,
  /** Its single-writer volume is held by another session. */
  VOLUME_IN_USE
}
