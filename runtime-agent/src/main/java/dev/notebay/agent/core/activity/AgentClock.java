package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.time.Instant;

/** The time of day, which may jump, and the time that has passed, which does not. */
public interface AgentClock {
  Instant now();

  /** Monotonic, from an arbitrary beginning. All decisions are made on this axis. */
  Duration elapsed();

  /** Where a time of day lies on the monotonic axis, as far as the clock is right now. */
  default Duration onAxis(Instant time) {
    return elapsed().plus(Duration.between(now(), time));
  }

  /** The time of day of a point of the monotonic axis, as far as the clock is right now. */
  default Instant timeOf(Duration point) {
    return now().plus(point.minus(elapsed()));
  }
}
