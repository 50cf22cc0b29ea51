package dev.notebay.simulator.durable;

import java.time.Duration;
import java.util.Arrays;

/** Times that were measured, in the order of their length. */
final class Latencies {
  private final long[] nanos;

  /**
   * @param nanos in any order
   */
  Latencies(long[] nanos) {
    this.nanos = nanos.clone();
    Arrays.sort(this.nanos);
  }

  int count() {
    return nanos.length;
  }

  /** So long at most took this part of all; zero where there was none. */
  Duration at(double part) {
    return nanos.length == 0
        ? Duration.ZERO
        : Duration.ofNanos(
            nanos[(int) Math.min(nanos.length - 1, Math.floor(part * nanos.length))]);
  }

  double millisAt(double part) {
    return at(part).toNanos() / 1e6;
  }
}
