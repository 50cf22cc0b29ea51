package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts the scheduler's times of day on the agent's monotonic axis, each only once: one that is said
 * again after the clock has jumped stays where it was.
 */
public final class TimeAxis {
  private static final int MOST_KNOWN = 1000;

  private final AgentClock clock;
  private final Map<Instant, Duration> known = new HashMap<>();

  public TimeAxis(AgentClock clock) {
    this.clock = clock;
  }

  public synchronized Policy policy(Terms terms) {
    if (known.size() > MOST_KNOWN) {
      known.clear();
    }
    return new Policy(
        terms.generation(),
        terms.idleTimeout(),
        terms.warning(),
        terms.lifetimeEnd().map(this::point),
        terms.extendedUntil().map(this::point));
  }

  private Duration point(Instant time) {
    return known.computeIfAbsent(time, clock::onAxis);
  }
}
