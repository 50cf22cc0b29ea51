package dev.notebay.simulator.bench;

import dev.notebay.simulator.durable.DurableBench;
import dev.notebay.simulator.durable.DurableWorkload;
import dev.notebay.simulator.queue.QueueWorkload;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Ends with 1 where a bar is missed. */
@Command(
    name = "durable",
    description =
        "Measures sessions from CreateSession over gRPC to the commit of their placement, on a"
            + " PostgreSQL of its own with fsync, and what many waiting sessions cost.",
    mixinStandardHelpOptions = true)
public final class BenchDurable implements Callable<Integer> {
  private static final double LEAST_A_SECOND = 2_000;
  private static final double MOST_P99_MILLIS = 100;
  private static final double MOST_MEBIBYTES = 200;
  private static final double MOST_PASS_MILLIS = 50;

  @Option(
      names = "--workload",
      paramLabel = "FILE",
      description =
          "Lets this workload happen instead, in real time: a generator file of Kueue's performance"
              + " tests, or as of 'simulate --workload'.")
  Optional<Path> workload = Optional.empty();

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (workload.isPresent()) {
      new DurableWorkload(QueueWorkload.read(workload.get())).run(out);
      return 0;
    }
    DurableBench.Figures figures = new DurableBench(out).run();
    List<Bar> bars =
        List.of(
            new Bar("sessions/s placed and committed", figures.perSecond(), LEAST_A_SECOND),
            new Bar("100 ms more than the p99 at half", MOST_P99_MILLIS - figures.halfP99(), 0),
            new Bar(
                "200 MiB more than 50,000 waiting cost",
                MOST_MEBIBYTES - figures.waitingMebibytes(),
                0),
            new Bar(
                "50 ms more than the p99 of a pass with them",
                MOST_PASS_MILLIS - figures.waitingPassP99(),
                0));
    return Bar.report(bars, out) ? 0 : 1;
  }
}
