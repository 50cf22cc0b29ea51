package dev.notebay.simulator.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Results of one policy over several seeds.
 *
 * @param label the policy's name
 * @param results at least one
 */
public record Summary(String label, List<Result> results) {
  public Summary {
    results = List.copyOf(results);
  }

  public double mean(ToDoubleFunction<Result> of) {
    return results.stream().mapToDouble(of).average().orElseThrow();
  }

  /** The mean of the two in the middle where their number is even. */
  public double median(ToDoubleFunction<Result> of) {
    double[] sorted = results.stream().mapToDouble(of).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The mean curve, as far as all go. */
  public List<Result.Point> curve() {
    int points = results.stream().mapToInt(result -> result.curve().size()).min().orElseThrow();
    List<Result.Point> mean = new ArrayList<>();
    for (int point = 0; point < points; point++) {
      int at = point;
      mean.add(
          new Result.Point(
              mean(result -> result.curve().get(at).demandPercent()),
              mean(result -> result.curve().get(at).allocatedPercent())));
    }
    return mean;
  }
}
