package dev.notebay.simulator.bench;

import dev.notebay.simulator.durable.KubeBench;
import dev.notebay.simulator.openb.BadInput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Ends with 1 where a bar is missed. */
@Command(
    name = "kubernetes",
    description =
        "Measures sessions from CreateSession over gRPC to a bound pod on a real API server"
            + " (KUBEBUILDER_ASSETS), beside kube-scheduler where its program is there.",
    mixinStandardHelpOptions = true)
public final class BenchKubernetes implements Callable<Integer> {
  private static final String ASSETS = "KUBEBUILDER_ASSETS";
  private static final double TIMES_STOCK = 2;
  private static final double MOST_P99_MILLIS = 1_000;
  private static final double MOST_WRITES = 6;
  private static final double MOST_RESTART_SECONDS = 10;

  @Spec CommandSpec spec;

  @Option(names = "--nodes", description = "Nodes with eight GPUs each (default: 1000).")
  int nodes = 1_000;

  @Option(names = "--sessions", description = "Sessions with one GPU each (default: 4000).")
  int sessions = 4_000;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Path assets =
        Optional.ofNullable(System.getenv(ASSETS))
            .filter(text -> !text.isBlank())
            .map(Path::of)
            .filter(path -> Files.isExecutable(path.resolve("kube-apiserver")))
            .orElseThrow(
                () ->
                    new BadInput(ASSETS + " (expected: a directory with etcd and kube-apiserver)"));
    Path definitions =
        Path.of(System.getProperty("notebay.root", "."))
            .resolve("deploy/src/main/helm/notebay/crds/notebooksessions.yaml");
    KubeBench.Figures figures = new KubeBench(assets, definitions, nodes, sessions, out).run();
    List<Bar> bars = new ArrayList<>();
    figures
        .stockPerSecond()
        .ifPresent(
            stock ->
                bars.add(
                    new Bar(
                        "times kube-scheduler's rate", figures.perSecond() / stock, TIMES_STOCK)));
    bars.add(
        new Bar(
            "1000 ms more than the p99 at 50/s", MOST_P99_MILLIS - figures.steadyP99Millis(), 0));
    bars.add(
        new Bar("6 more than API writes a session", MOST_WRITES - figures.writesPerSession(), 0));
    bars.add(
        new Bar("10 s more than a restart", MOST_RESTART_SECONDS - figures.restartSeconds(), 0));
    return Bar.report(bars, out) ? 0 : 1;
  }
}
