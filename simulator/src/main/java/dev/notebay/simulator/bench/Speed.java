package dev.notebay.simulator.bench;

import dev.notebay.simulator.openb.GeneratedTrace;
import dev.notebay.simulator.openb.NodeList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Policy;
import dev.notebay.simulator.report.TextTable;
import java.io.PrintWriter;
import java.util.List;

/** How fast one core places on a fleet like openb's, and on one of 10,000 nodes. */
final class Speed {
  private static final int STEPS = 200_000;
  private static final long SEED = 42;
  private static final double INFLATE = 1.3;
  private static final int LARGE = 10_000;
  private static final double LEAST = 100_000;
  private static final double LEAST_LARGE = 20_000;
  private static final double MOST_P99_MICROS = 500;

  private final PrintWriter out;

  Speed(PrintWriter out) {
    this.out = out;
  }

  List<Bar> run() {
    var table =
        new TextTable(
            "steady churn at 90 % load",
            "nodes", "GPUs", "placements/s", "per CPU second", "p50 us", "p99 us", "bytes/node");
    Churn.Measured usual = measure("openb's shape", GeneratedTrace.openb(), table);
    Churn.Measured large = measure("large", GeneratedTrace.large(LARGE), table);
    out.printf("%n%s%n", table);
    return List.of(
        new Bar("placements a CPU second, openb's shape", usual.perCpuSecond(), LEAST),
        new Bar("500 us more than the p99", MOST_P99_MICROS - usual.wall().p99Micros(), 0),
        new Bar("placements a CPU second, 10,000 nodes", large.perCpuSecond(), LEAST_LARGE));
  }

  private static Churn.Measured measure(String name, NodeList nodes, TextTable table) {
    var workload = Workload.of(nodes, GeneratedTrace.pods(nodes, SEED), INFLATE, SEED);
    Churn.Measured measured = Churn.measure(workload, Policy.NOTEBAY, SEED, STEPS);
    table.row(
        name,
        nodes.nodes().size(),
        nodes.capacityMilli() / 1000,
        Math.round(measured.wall().perSecond()),
        Math.round(measured.perCpuSecond()),
        measured.wall().medianMicros(),
        measured.wall().p99Micros(),
        measured.bytesPerNode());
    return measured;
  }
}
