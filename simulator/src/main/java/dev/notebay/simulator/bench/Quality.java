package dev.notebay.simulator.bench;

import dev.notebay.simulator.openb.BadInput;
import dev.notebay.simulator.openb.NodeList;
import dev.notebay.simulator.openb.PodList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Policy;
import dev.notebay.simulator.replay.Replay;
import dev.notebay.simulator.replay.Result;
import dev.notebay.simulator.replay.Summary;
import dev.notebay.simulator.report.TextTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every pod list of a directory under every policy. */
final class Quality {
  private static final String POD_LIST = "openb_pod_list_";
  private static final String CSV = ".csv";
  private static final double INFLATE = 1.3;

  private final PrintWriter out;
  private final long[] seeds;

  Quality(PrintWriter out, long[] seeds) {
    this.out = out;
    this.seeds = seeds.clone();
  }

  /** Prints tables, and returns what is to be reached. */
  List<Bar> run(Path data) throws IOException {
    NodeList nodes = NodeList.read(data.resolve("openb_node_list_gpu_node" + CSV));
    List<Bar> bars = new ArrayList<>();
    var means = table("mean GPU allocated, %", true);
    var medians = table("median GPU allocated, %", false);
    var refusals = table("mean load at the first refusal, %", false);
    for (Path file : podLists(data)) {
      String name = file.getFileName().toString();
      String list = name.substring(POD_LIST.length(), name.length() - CSV.length());
      PodList pods = PodList.read(file, nodes.models());
      List<Summary> summaries =
          Stream.of(Policy.values()).map(policy -> replay(policy, nodes, pods)).toList();
      means.row(
          row(list, summaries, s -> s.mean(Result::allocatedPercent), Bar.PUBLISHED.get(list)));
      medians.row(row(list, summaries, s -> s.median(Result::allocatedPercent), null));
      refusals.row(row(list, summaries, s -> s.mean(Result::firstRefusalPercent), null));
      bars.addAll(bars(list, summaries.getLast()));
      out.println(list + " done");
      out.flush();
    }
    out.printf("%n%s%n%s%n%s%n", means, medians, refusals);
    return bars;
  }

  private Summary replay(Policy policy, NodeList nodes, PodList pods) {
    return new Summary(
        policy.label(),
        LongStream.of(seeds)
            .parallel()
            .mapToObj(seed -> Replay.of(Workload.of(nodes, pods, INFLATE, seed), policy, seed))
            .toList());
  }

  private static List<Path> podLists(Path data) throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      List<Path> lists =
          files
              .filter(file -> file.getFileName().toString().startsWith(POD_LIST))
              .filter(file -> file.getFileName().toString().endsWith(CSV))
              .sorted()
              .toList();
      if (lists.isEmpty()) {
        throw new BadInput(
            "--data: " + data + " (expected: a directory with " + POD_LIST + "*.csv)");
      }
      return lists;
    }
  }

  private static TextTable table(String what, boolean published) {
    List<String> header = new ArrayList<>();
    header.add(what);
    Stream.of(Policy.values()).map(Policy::label).forEach(header::add);
    header.add(published ? "fgd published" : "");
    return new TextTable(header.toArray(String[]::new));
  }

  private static Object[] row(
      String list,
      List<Summary> summaries,
      ToDoubleFunction<Summary> measure,
      @Nullable Double published) {
    List<Object> row = new ArrayList<>();
    row.add(list);
    summaries.forEach(summary -> row.add(measure.applyAsDouble(summary)));
    row.add(published == null ? "" : published);
    return row.toArray();
  }

  private static List<Bar> bars(String list, Summary ours) {
    List<Bar> bars = new ArrayList<>();
    add(bars, list + ": mean", ours.mean(Result::allocatedPercent), Bar.PUBLISHED.get(list));
    add(
        bars,
        list + ": median",
        ours.median(Result::allocatedPercent),
        Bar.HALF_OF_THE_GAP.get(list));
    add(
        bars,
        list + ": median load at the first refusal",
        ours.median(Result::firstRefusalPercent),
        Bar.FIRST_REFUSAL.get(list));
    return bars;
  }

  private static void add(List<Bar> bars, String what, double measured, @Nullable Double least) {
    if (least != null) {
      bars.add(new Bar(what, measured, least));
    }
  }
}
