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
  private long hash;

  public void add(Simulation.Result result) {
    steps += result.steps();
    hash = hash * 31 + result.hash();
    sessions += result.sessions();
    if (result.violation().isPresent()) {
      violations++;
    } else {
      settled.add(result.settled());
    }
  }

  /** Differs, in all likelihood, between any two runs that differ in anything. */
  public long hash() {
    return hash;
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

  /**
   * In words.
   *
   * @param took real time
   */
  public String summary(Duration took) {
    return """
        seeds        %,d, %d with a violation
        sessions     %,d
        settled      p50 %.1f s, p99 %.1f s, max %.1f s after the last fault (virtual)
        steps        %,d, %,.0f/s, %.0f seeds/s
        hash         %016x
        """
        .formatted(
            settled.size() + violations,
            violations,
            sessions,
            settled(0.5).toMillis() / 1e3,
            settled(0.99).toMillis() / 1e3,
            settled(1).toMillis() / 1e3,
            steps,
            steps * 1e9 / took.toNanos(),
            (settled.size() + violations) * 1e9 / took.toNanos(),
            hash);
  }
}
