package dev.notebay.scheduler.core.queue;

import java.util.Optional;

/**
 * Keeps the queues durably. Every method is atomic, and what it has answered survives a crash. Each
 * throws {@link dev.notebay.scheduler.core.SchedulerException.StoreUnavailable} when it cannot tell
 * whether it was done.
 */
public interface QueueStore {
  /**
   * All queues at one time.
   *
   * @param version 0 as long as only the built-in queue has been there; rises with every change
   */
  record Stored(Queues queues, long version) {}

  Stored read();

  /** The present {@link Stored#version()}: cheap, so that every pass may ask for it. */
  long version();

  /**
   * Puts {@code next} in the place of all queues if {@code version} is the present one. What is
   * there already is not changed again, and keeps its version.
   *
   * @return what is stored afterwards; empty if the present version is another
   */
  Optional<Stored> replace(Queues next, long version);
}
