package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.util.Optional;

/**
 * A session's policy as the scheduler says it: how long things last from the moment of saying, so
 * that it does not matter what the clocks of the two machines show.
 *
 * @param generation rises with every change
 * @param lifetimeLeft until the session ends whatever it does; empty for never
 * @param lifetimeEndCause what it ends for then
 * @param extendedFor for how long it counts as active
 */
public record Terms(
    long generation,
    Optional<Duration> idleTimeout,
    Duration warning,
    Optional<Duration> lifetimeLeft,
    Cause lifetimeEndCause,
    Optional<Duration> extendedFor) {
  /** With a lifetime that ends as it was asked for. */
  public Terms(
      long generation,
      Optional<Duration> idleTimeout,
      Duration warning,
      Optional<Duration> lifetimeLeft,
      Optional<Duration> extendedFor) {
    this(generation, idleTimeout, warning, lifetimeLeft, Cause.MAX_LIFETIME, extendedFor);
  }

  /**
   * The policy that this means.
   *
   * @param heard when it was heard, on the agent's monotonic axis
   */
  public Policy heardAt(Duration heard) {
    return new Policy(
        generation,
        idleTimeout,
        warning,
        lifetimeLeft.map(heard::plus),
        lifetimeEndCause,
        extendedFor.map(heard::plus));
  }
}
