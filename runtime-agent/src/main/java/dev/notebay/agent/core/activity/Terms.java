package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A session's policy as the scheduler says it, in times of day.
 *
 * @param generation rises with every change
 */
public record Terms(
    long generation,
    Optional<Duration> idleTimeout,
    Duration warning,
    Optional<Instant> lifetimeEnd,
    Optional<Instant> extendedUntil) {}
