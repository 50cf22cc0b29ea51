package dev.notebay.simulator;

import dev.notebay.simulator.openb.BadInput;
import dev.notebay.simulator.openb.NodeList;
import dev.notebay.simulator.openb.PodList;
import dev.notebay.simulator.openb.SeedRange;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.queue.SimulateQueues;
import dev.notebay.simulator.ranking.Policy;
import dev.notebay.simulator.replay.Replay;
import dev.notebay.simulator.replay.Result;
import dev.notebay.simulator.replay.Summary;
import dev.notebay.simulator.report.Plot;
import dev.notebay.simulator.report.Reports;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "simulate",
    description =
        "Replays a list of pods on a list of nodes, or queues of sessions, through the scheduler's"
            + " own core in virtual time.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Simulate implements Callable<Integer> {
  private static final long DEFAULT_SEED = 42;

  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  What what = new What();

  /** Either pods that come and stay, or queues of sessions. */
  static final class What {
    @ArgGroup(exclusive = false)
    @Nullable Trace trace;

    @Option(
        names = "--workload",
        paramLabel = "YAML",
        description =
            "Queues of sessions that come and go: nodes, queues and arrivals (docs/queues.md), or a"
                + " generator file of Kueue's performance tests.")
    @Nullable Path workload;
  }

  /** The files of a trace. */
  static final class Trace {
    @Option(
        names = "--nodes",
        required = true,
        paramLabel = "CSV",
        description = "Nodes: sn, cpu_milli, memory_mib, gpu, model.")
    Path nodes;

    @Option(
        names = "--pods",
        required = true,
        paramLabel = "CSV",
        description = "Pods: name, cpu_milli, memory_mib, num_gpu, gpu_milli and maybe gpu_spec.")
    Path pods;
  }

  @Option(
      names = "--inflate",
      defaultValue = "1.3",
      paramLabel = "N",
      description = "GPU wanted, as a multiple of what there is (default: ${DEFAULT-VALUE}).")
  double inflate;

  @Option(names = "--seed", paramLabel = "N", description = "One run (default: 42).")
  Optional<Long> seed = Optional.empty();

  @Option(names = "--seeds", paramLabel = "A..B", description = "Instead, one run for each.")
  Optional<String> seeds = Optional.empty();

  @Option(
      names = "--policy",
      defaultValue = "notebay",
      paramLabel = "NAME|all",
      description =
          "random, dot-product, clustering, packing, best-fit, fgd or notebay (default:"
              + " ${DEFAULT-VALUE}).")
  String policy;

  @Option(names = "--json", paramLabel = "FILE|-", description = "Also as JSON; - prints only it.")
  Optional<String> json = Optional.empty();

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draws allocation against demand; .svg or .png.")
  Optional<Path> plot = Optional.empty();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (what.workload != null) {
      SimulateQueues.run(what.workload, json, plot, out);
      return 0;
    }
    Trace trace = what.trace;
    if (trace == null) {
      throw new BadInput("--workload, or --nodes and --pods (expected: one of them)");
    }
    return replay(trace, out);
  }

  private int replay(Trace trace, PrintWriter out) throws IOException {
    if (!(inflate > 0 && inflate <= 100)) {
      throw new BadInput("--inflate: " + inflate + " (expected: above 0, at most 100)");
    }
    plot.ifPresent(Plot::check);
    long[] chosen = chosenSeeds();
    List<Policy> policies = policies();
    NodeList fleet = NodeList.read(trace.nodes);
    PodList list = PodList.read(trace.pods, fleet.models());
    boolean quiet = json.filter("-"::equals).isPresent();
    if (!quiet) {
      out.printf(
          "nodes: %d, GPUs: %d, pods listed: %d, seeds: %d..%d, GPU wanted: %.0f %%%n",
          fleet.nodes().size(),
          fleet.capacityMilli() / 1000,
          list.pods().size(),
          chosen[0],
          chosen[chosen.length - 1],
          100 * inflate);
      out.flush();
    }
    List<Summary> summaries = new ArrayList<>();
    for (Policy one : policies) {
      List<Result> results =
          LongStream.of(chosen)
              .mapToObj(run -> Replay.of(Workload.of(fleet, list, inflate, run), one, run))
              .toList();
      summaries.add(new Summary(one.label(), results));
    }
    if (!quiet) {
      out.print(Reports.table(summaries));
      out.flush();
    }
    if (json.isPresent()) {
      Reports.json(json.get(), out, chosen[0], summaries);
    }
    if (plot.isPresent()) {
      Plot.write(plot.get(), "" + trace.pods.getFileName(), summaries);
    }
    return 0;
  }

  private long[] chosenSeeds() {
    if (seed.isPresent() && seeds.isPresent()) {
      throw new BadInput("--seed and --seeds (expected: one of them)");
    }
    return seeds
        .map(range -> SeedRange.parse(range).toArray())
        .orElseGet(() -> new long[] {seed.orElse(DEFAULT_SEED)});
  }

  private List<Policy> policies() {
    if (policy.equals("all")) {
      return List.of(Policy.values());
    }
    return Arrays.stream(Policy.values())
        .filter(one -> one.label().equals(policy))
        .findFirst()
        .map(List::of)
        .orElseThrow(
            () ->
                new BadInput(
                    "--policy: " + policy + " (expected: all, or one of " + Policy.labels() + ")"));
  }
}
