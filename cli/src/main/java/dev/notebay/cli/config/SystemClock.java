package dev.notebay.cli.config;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** This machine's clocks. */
public final class SystemClock {
  private SystemClock() {}

  public static InstantSource instants() {
    return InstantSource.system();
  }

  /** A point of time that comes after {@code wait}, whatever happens to the wall clock. */
  public static Deadline in(Duration wait) {
    return new Deadline(System.nanoTime() + wait.toNanos());
  }

  /** Until when something is tried. */
  public static final class Deadline {
    private final long nanos;

    private Deadline(long nanos) {
      this.nanos = nanos;
    }

    public boolean passed() {
      return remaining().isZero();
    }

    public Duration remaining() {
      return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }
  }

  /** The wall clock's time. */
  public static Instant now() {
    return instants().instant();
  }
}
