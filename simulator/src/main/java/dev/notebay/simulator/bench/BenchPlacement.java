package dev.notebay.simulator.bench;

import dev.notebay.simulator.openb.BadInput;
import dev.notebay.simulator.openb.SeedRange;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Ends with 1 where a bar is missed. */
@Command(
    name = "placement",
    description =
        "Measures how much of a fleet placement allocates, and how fast it is, against fixed bars.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class BenchPlacement implements Callable<Integer> {
  private static final List<String> PARTS = List.of("quality", "speed", "kernels");

  @Spec CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The openb trace (docs/placement.md says where to get it); without it, quality is not"
              + " measured.")
  Optional<Path> data = Optional.empty();

  @Option(
      names = "--seeds",
      defaultValue = "42..51",
      paramLabel = "A..B",
      description = "Of the quality's runs (default: ${DEFAULT-VALUE}).")
  String seeds;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "quality, speed or kernels (default: all).")
  Set<String> only = new TreeSet<>(PARTS);

  @Override
  public Integer call() throws IOException, RunnerException {
    if (!PARTS.containsAll(only)) {
      throw new BadInput("--only: " + only + " (expected: " + PARTS + ")");
    }
    long[] range = SeedRange.parse(seeds).toArray();
    PrintWriter out = spec.commandLine().getOut();
    List<Bar> bars = new ArrayList<>();
    if (only.contains("quality") && data.isPresent()) {
      bars.addAll(new Quality(out, range).run(data.get()));
    }
    if (only.contains("speed")) {
      bars.addAll(new Speed(out).run());
    }
    if (only.contains("kernels")) {
      new Runner(new OptionsBuilder().include(PlacementKernels.class.getName()).build()).run();
    }
    return Bar.report(bars, out) ? 0 : 1;
  }
}
