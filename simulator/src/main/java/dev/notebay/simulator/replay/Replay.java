package dev.notebay.simulator.replay;

import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.simulator.openb.PodList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Fragmentation;
import dev.notebay.simulator.ranking.Policy;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets every pod of a workload arrive and never leave, through the scheduler's own {@link Placer}.
 * One that does not fit is dropped.
 */
public final class Replay {
  private Replay() {}

  /** The same for the same workload, policy and seed, but for the speed. */
  public static Result of(Workload workload, Policy policy, long seed) {
    var fleet = FleetState.of(workload.nodes());
    var placer = new Placer(fleet, policy.ranking(fleet, workload, seed));
    var stopwatch = new Stopwatch(workload.arrivals().size());
    double percent = 100.0 / workload.capacityMilli();
    long wanted = 0;
    long allocated = 0;
    int refused = 0;
    double firstRefusal = -1;
    List<Result.Point> curve = new ArrayList<>();
    for (Request request : workload.arrivals()) {
      wanted += PodList.milli(request);
      stopwatch.start();
      placer.arrived(request);
      boolean placed = false;
      if (placer.decide(request) instanceof Decision.Place(var allotment, _)) {
        fleet.take(allotment);
        placed = true;
      }
      stopwatch.stop();
      if (placed) {
        allocated += PodList.milli(request);
      } else {
        refused++;
        firstRefusal = firstRefusal < 0 ? wanted * percent : firstRefusal;
      }
      if (wanted * percent >= curve.size()) {
        curve.add(new Result.Point(wanted * percent, allocated * percent));
      }
    }
    curve.add(new Result.Point(wanted * percent, allocated * percent));
    return new Result(
        allocated * percent,
        firstRefusal < 0 ? wanted * percent : firstRefusal,
        fragmented(workload, fleet),
        workload.arrivals().size() - refused,
        refused,
        List.copyOf(curve),
        stopwatch.speed());
  }

  private static double fragmented(Workload workload, FleetState fleet) {
    var fragmentation = new Fragmentation(workload.list(), fleet);
    double fragments = 0;
    long free = 0;
    for (int index = 0; index < fleet.slots(); index++) {
      var node = fleet.node(index);
      fragments += fragmentation.of(node, node.room());
      free += node.room().totalMilli();
    }
    return free == 0 ? 0 : 100 * fragments / free;
  }
}
