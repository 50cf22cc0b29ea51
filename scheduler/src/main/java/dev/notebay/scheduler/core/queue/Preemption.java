package dev.notebay.scheduler.core.queue;

/**
 * Which sessions of its own queue a waiting session may end (Kueue's {@code withinClusterQueue}).
 */
public enum Preemption {
  NEVER,
  /** Those of a priority below its own. */
  LOWER_PRIORITY
}
