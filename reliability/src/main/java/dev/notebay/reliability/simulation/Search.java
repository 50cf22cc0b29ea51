package dev.notebay.reliability.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What many lives have shown. */
public final class Search {
  private final List<Duration> settled = new ArrayList<>();
  private long steps;
  private long sessions;
  private long violations;

  public void add(Simulation.Result result) {
    steps += result.steps();
    sessions += result.sessions();
    if (result.violation().isPresent()) {
      violations++;
    } else {
      settled.add(result.settled());
    }
  }

  public long violations() {
    return violations;
  }

  /** The time after the last fault in which {@code share} of the lives had settled. */
  public Duration settled(double share) {
    List<Duration> sorted = settled.stream().sorted().toList();
    return sorted.isEmpty()
        ? Duration.ZERO
        : sorted.get(Math.min(sorted.size() - 1, (int) (share * sorted.size())));
  }

  void print(Duration took) {
    System.out.printf(
        "%d seeds, %d violations, %d sessions, %d steps; settled p50 %.1f s, p99 %.1f s, max %.1f s;"
            + " %.0f steps/s, %.0f seeds/s%n",
        settled.size() + violations,
        violations,
        sessions,
        steps,
        settled(0.5).toMillis() / 1e3,
        settled(0.99).toMillis() / 1e3,
        settled(1).toMillis() / 1e3,
        steps * 1e9 / took.toNanos(),
        (settled.size() + violations) * 1e9 / took.toNanos());
  }
}
