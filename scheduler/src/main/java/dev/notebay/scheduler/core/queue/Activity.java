package dev.notebay.scheduler.core.queue;

import java.time.Instant;

/** What is known of whether a session is used. */
public sealed interface Activity {
  /** Something runs in it, or somebody has it open. What is not known is taken for this. */
  record Busy() implements Activity {}

  /** Nothing has been active since then, by a fresh look. */
  record Idle(Instant since) implements Activity {}

  default boolean isIdle() {
    return switch (this) {
      case Busy _ -> false;
      case Idle _ -> true;
    };
  }
}
