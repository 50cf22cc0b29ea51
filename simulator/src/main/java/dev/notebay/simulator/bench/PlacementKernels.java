package dev.notebay.simulator.bench;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.placement.Taking;
import dev.notebay.simulator.openb.GeneratedTrace;
import dev.notebay.simulator.openb.NodeList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Policy;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The parts of a placement, on a fleet that is half full. */
@SuppressWarnings("NullAway.Init") // made by fill, which the harness calls first
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
public class PlacementKernels {
  private static final long SEED = 42;

  @Param({"1213", "10000"})
  public int nodes;

  private FleetState fleet;
  private Placer placer;
  private Ranking ranking;
  private Request request;
  private Demand demand;
  private Allotment allotment;
  private NodeState node;
  private Taking taking;

  @Setup
  public void fill() {
    NodeList list = nodes == 1213 ? GeneratedTrace.openb() : GeneratedTrace.large(nodes);
    var workload = Workload.of(list, GeneratedTrace.pods(list, SEED), 0.5, SEED);
    fleet = FleetState.of(workload.nodes());
    ranking = Policy.NOTEBAY.ranking(fleet, workload, SEED);
    placer = new Placer(fleet, ranking);
    for (Request arrived : workload.arrivals()) {
      placer.arrived(arrived);
      if (placer.decide(arrived) instanceof Decision.Place(var taken, _)) {
        fleet.take(taken);
      }
    }
    request =
        workload.arrivals().stream()
            .filter(arrived -> arrived.accelerator().isShare())
            .findFirst()
            .orElseThrow();
    demand = Demand.of(request, fleet);
    allotment = ((Decision.Place) placer.decide(request)).allotment();
    Ranking recorder =
        (seen, way, _) -> {
          node = seen;
          taking = way;
          return 0;
        };
    new Placer(fleet, recorder).decide(request);
  }

  /** What a way to place on a node is worth. */
  @Benchmark
  public long score() {
    return ranking.score(node, taking, demand);
  }

  /** The update of the state alone. */
  @Benchmark
  public long takeAndRelease() {
    fleet.take(allotment);
    fleet.release(allotment);
    return fleet.changes();
  }

  /** Where nothing has changed since the last decision about the same kind. */
  @Benchmark
  public Decision decideUnchanged() {
    return placer.decide(request);
  }

  /** Where one node has. */
  @Benchmark
  public Decision decideAfterOneChange() {
    fleet.take(allotment);
    fleet.release(allotment);
    return placer.decide(request);
  }
}
