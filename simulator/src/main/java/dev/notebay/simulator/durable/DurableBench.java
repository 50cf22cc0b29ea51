package dev.notebay.simulator.durable;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.simulator.openb.GeneratedTrace;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Sessions from CreateSession over gRPC to the commit of their placement. */
public final class DurableBench {
  private static final int MOST = 240_000;
  private static final int CALLERS = 128;
  private static final int WAITING = 50_000;
  private static final Duration WARM_UP = Duration.ofSeconds(20);

  /** Slow enough that Java's compilers, which need as much CPU time as all else, get theirs. */
  private static final double WARM_UP_RATE = 700;

  private static final Duration MEASURED = Duration.ofSeconds(12);
  private static final double TRICKLE = 50;

  private final PrintWriter out;

  public DurableBench(PrintWriter out) {
    this.out = out;
  }

  /** What was measured. */
  public record Figures(
      double perSecond,
      double fullP50,
      double fullP99,
      double halfP50,
      double halfP99,
      double waitingMebibytes,
      double waitingPassP50,
      double waitingPassP99) {}

  public Figures run() throws IOException, InterruptedException {
    List<Node> nodes = GeneratedTrace.openb().nodes();
    var meters = new SimpleMeterRegistry();
    meters.config().meterFilter(PERCENTILES);
    var load = new Load(MOST);
    try (Installation installation =
        Installation.start(
            nodes, Queues.builtIn(), new NotingLauncher(), meters, load::committed)) {
      load.use(installation);
      Accelerator none = Accelerator.getDefaultInstance();
      load.atRate(WARM_UP_RATE, WARM_UP, none);
      load.asFastAsPossible(CALLERS, MEASURED.dividedBy(4), none);

      int first = load.asked();
      int before = load.placements();
      CpuTime cpu = installation.cpu();
      Duration own = cpu.ownSoFar();
      Duration database = cpu.databaseSoFar();
      long began = System.nanoTime();
      load.asFastAsPossible(CALLERS, MEASURED, none);
      double seconds = (System.nanoTime() - began) / 1e9;
      int placements = load.placements() - before;
      double perSecond = placements / seconds;
      out.printf(
          "CPU time a session: %.3f ms in clients and scheduler, %.3f ms in PostgreSQL; %.2f cores%n",
          millis(cpu.ownSoFar().minus(own)) / placements,
          millis(cpu.databaseSoFar().minus(database)) / placements,
          (millis(cpu.ownSoFar().minus(own)) + millis(cpu.databaseSoFar().minus(database)))
              / 1000
              / seconds);
      load.awaitPlaced(first);
      Latencies full = load.since(first);
      out.printf(
          "as fast as possible, %d at a time: %.0f sessions/s, p50 %.1f ms, p99 %.1f ms%n",
          CALLERS, perSecond, full.millisAt(0.5), full.millisAt(0.99));
      out.flush();

      first = load.asked();
      load.atRate(perSecond / 2, MEASURED, none);
      load.awaitPlaced(first);
      Latencies half = load.since(first);
      out.printf(
          "at %.0f sessions/s: p50 %.1f ms, p99 %.1f ms, most %.1f ms%n",
          perSecond / 2, half.millisAt(0.5), half.millisAt(0.99), half.millisAt(1));
      out.flush();

      double mebibytes = wait(load, nodes);
      Timer passes = meters.get("notebay.reconcile").timer();
      long count = passes.count();
      double total = passes.totalTime(TimeUnit.MILLISECONDS);
      first = load.asked();
      load.atRate(TRICKLE, MEASURED, none);
      load.awaitPlaced(first);
      double p50 = 0;
      double p99 = 0;
      for (var value : passes.takeSnapshot().percentileValues()) {
        if (value.percentile() < 0.9) {
          p50 = value.value(TimeUnit.MILLISECONDS);
        } else {
          p99 = value.value(TimeUnit.MILLISECONDS);
        }
      }
      out.printf(
          "%d waiting: %.0f MiB, pass mean %.1f ms, p50 %.1f ms, p99 %.1f ms; placed past them p99"
              + " %.1f ms%n",
          WAITING,
          mebibytes,
          (passes.totalTime(TimeUnit.MILLISECONDS) - total) / (passes.count() - count),
          p50,
          p99,
          load.since(first).millisAt(0.99));
      out.flush();
      return new Figures(
          perSecond,
          full.millisAt(0.5),
          full.millisAt(0.99),
          half.millisAt(0.5),
          half.millisAt(0.99),
          mebibytes,
          p50,
          p99);
    }
  }

  /** Lets many wait for the rarest class; what they cost in memory, in MiB. */
  private double wait(Load load, List<Node> nodes) throws InterruptedException {
    Map<String, Long> devices =
        nodes.stream()
            .flatMap(node -> node.devices().stream())
            .collect(Collectors.groupingBy(device -> device.type(), Collectors.counting()));
    Map.Entry<String, Long> rarest =
        devices.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow();
    Accelerator wanted = Accelerator.newBuilder().setType(rarest.getKey()).setCount(1).build();
    load.inAll(CALLERS, Math.toIntExact(rarest.getValue()), wanted);
    long before = used();
    long began = System.nanoTime();
    load.inAll(CALLERS, WAITING, wanted);
    out.printf("%d more that must wait, in %.1f s%n", WAITING, (System.nanoTime() - began) / 1e9);
    out.flush();
    return (used() - before) / (double) (1 << 20);
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }

  private static long used() {
    System.gc();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static final MeterFilter PERCENTILES =
      new MeterFilter() {
        @Override
        public DistributionStatisticConfig configure(
            Meter.Id id, DistributionStatisticConfig config) {
          return DistributionStatisticConfig.builder()
              .percentiles(0.5, 0.99)
              .expiry(Duration.ofSeconds(10))
              .build()
              .merge(config);
        }
      };
}
