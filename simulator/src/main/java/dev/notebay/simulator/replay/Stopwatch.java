package dev.notebay.simulator.replay;

import java.util.Arrays;

/** How long each of many steps took. */
public final class Stopwatch {
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_SECOND = 1e9;

  private final long[] nanos;
  private int steps;
  private long begun;

  public Stopwatch(int capacity) {
    nanos = new long[capacity];
  }

  public void start() {
    begun = System.nanoTime();
  }

  public void stop() {
    nanos[steps++] = System.nanoTime() - begun;
  }

  /** Of all steps so far; the rate counts only the time within them. */
  public Result.Speed speed() {
    long[] sorted = Arrays.copyOf(nanos, steps);
    Arrays.sort(sorted);
    long sum = Arrays.stream(sorted).sum();
    return new Result.Speed(
        steps * NANOS_PER_SECOND / Math.max(1, sum), quantile(sorted, 0.5), quantile(sorted, 0.99));
  }

  private static double quantile(long[] sorted, double share) {
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
            / NANOS_PER_MICRO;
  }
}
