package dev.notebay.simulator.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/**
 * What is to be reached.
 *
 * @param what was measured
 * @param measured higher is better
 * @param least to be reached
 */
record Bar(String what, double measured, double least) {
  /**
   * GPU allocated by Fragmentation Gradient Descent at 130 % load, percent of all: means of ten
   * seeds, from the results in hkust-adsl/kubernetes-scheduler-simulator.
   */
  static final Map<String, Double> PUBLISHED =
      Map.of(
          "default", 95.39,
          "cpu050", 95.21,
          "cpu250", 93.41,
          "gpushare40", 94.15,
          "gpushare100", 86.90,
          "gpuspec10", 94.95,
          "multigpu20", 95.65,
          "multigpu30", 96.46);

  /** Medians that close half of the gap to what any fair policy could allocate. */
  static final Map<String, Double> HALF_OF_THE_GAP =
      Map.of("default", 95.8, "cpu250", 94.8, "gpushare100", 87.4);

  /** Load at which the first pod is refused, percent. */
  static final Map<String, Double> FIRST_REFUSAL = Map.of("default", 95.6);

  boolean isReached() {
    return measured >= least;
  }

  @Override
  public String toString() {
    return "%s: %s %.2f (bar: %.2f)"
        .formatted(isReached() ? "ok" : "MISSED", what, measured, least);
  }

  /** Prints each, and returns whether all are reached. */
  static boolean report(List<Bar> bars, PrintWriter out) {
    bars.forEach(out::println);
    out.flush();
    return bars.stream().allMatch(Bar::isReached);
  }
}
