package dev.notebay.scheduler.core.queue;

/**
 * Which sessions of other queues of its cohort a queue may end to get back what they have borrowed
 * (Kueue's {@code reclaimWithinCohort}).
 */
public enum Reclaim {
  NEVER,
  /** Those of a priority below the waiting session's. */
  LOWER_PRIORITY,
  ANY
}
