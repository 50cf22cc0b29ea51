package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.util.Optional;

/**
 * When a session ends by itself. Points in time lie on the agent's monotonic axis, so that a wall
 * clock that jumps changes nothing.
 *
 * @param generation rises with every change
 * @param idleTimeout how long it may be idle; empty for as long as it likes
 * @param warning how long before an end clients are warned
 * @param lifetimeEnd when it ends whatever it does; empty for never
 * @param lifetimeEndCause what it ends for then
 * @param extendedUntil until then it counts as active
 */
public record Policy(
    long generation,
    Optional<Duration> idleTimeout,
    Duration warning,
    Optional<Duration> lifetimeEnd,
    Cause lifetimeEndCause,
    Optional<Duration> extendedUntil) {
  /** With a lifetime that ends as it was asked for. */
  public Policy(
      long generation,
      Optional<Duration> idleTimeout,
      Duration warning,
      Optional<Duration> lifetimeEnd,
      Optional<Duration> extendedUntil) {
    this(generation, idleTimeout, warning, lifetimeEnd, Cause.MAX_LIFETIME, extendedUntil);
  }

  public Policy {
    if (warning.isNegative()) {
      throw new IllegalArgumentException("warning: " + warning + " (expected: >= 0)");
    }
    if (idleTimeout.isPresent() && !idleTimeout.get().isPositive()) {
      throw new IllegalArgumentException("idleTimeout: " + idleTimeout.get() + " (expected: > 0)");
    }
  }
}
