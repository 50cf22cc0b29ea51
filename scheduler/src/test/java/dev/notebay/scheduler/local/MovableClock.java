package dev.notebay.scheduler.local;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The system's clock, moved ahead by hand. */
final class MovableClock implements InstantSource {
  private volatile Duration ahead = Duration.ZERO;

  void advanceSeconds(long seconds) {
    ahead = ahead.plusSeconds(seconds);
  }

  @Override
  public Instant instant() {
    return InstantSource.system().instant().plus(ahead);
  }
}
