package dev.notebay.simulator.bench;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.simulator.openb.PodList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Policy;
import dev.notebay.simulator.replay.Result;
import dev.notebay.simulator.replay.Stopwatch;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A fleet that is nearly full, where sessions come and go: every step decides about one that
 * arrives, takes what it is given, and releases at random until the load is as before.
 */
final class Churn {
  private static final double LOAD = 0.9;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Workload workload;
  private final FleetState fleet;
  private final Placer placer;
  private final SplittableRandom random;
  private final List<Allotment> held = new ArrayList<>();
  private long takenMilli;

  /**
   * @param perCpuSecond placements in a second of one core's time, which others on the machine do
   *     not slow down
   * @param bytesPerNode heap of state and caches
   */
  record Measured(Result.Speed wall, double perCpuSecond, long bytesPerNode) {}

  Churn(Workload workload, Policy policy, long seed) {
    this.workload = workload;
    this.fleet = FleetState.of(workload.nodes());
    this.placer = new Placer(fleet, policy.ranking(fleet, workload, seed));
    this.random = new SplittableRandom(seed);
  }

  /**
   * @param before heap in use before this was made
   */
  static Measured measure(Workload workload, Policy policy, long seed, int steps) {
    long before = heap();
    var churn = new Churn(workload, policy, seed);
    churn.fill();
    churn.run(steps, new Stopwatch(steps));
    long bytes = heap() - before;
    var stopwatch = new Stopwatch(steps);
    long cpu = THREADS.getCurrentThreadCpuTime();
    int placed = churn.run(steps, stopwatch);
    double seconds = (THREADS.getCurrentThreadCpuTime() - cpu) / NANOS_PER_SECOND;
    return new Measured(
        stopwatch.speed(), placed / seconds, bytes / Math.max(1, churn.fleet.size()));
  }

  private void fill() {
    while (takenMilli < LOAD * workload.capacityMilli()) {
      step();
    }
  }

  private int run(int steps, Stopwatch stopwatch) {
    int placed = 0;
    for (int step = 0; step < steps; step++) {
      stopwatch.start();
      placed += step() ? 1 : 0;
      while (takenMilli > LOAD * workload.capacityMilli()) {
        releaseOne();
      }
      stopwatch.stop();
    }
    return placed;
  }

  private boolean step() {
    Request request = workload.arrivals().get(random.nextInt(workload.arrivals().size()));
    placer.arrived(request);
    if (placer.decide(request) instanceof Decision.Place(var allotment, _)) {
      fleet.take(allotment);
      held.add(allotment);
      takenMilli += PodList.milli(request);
      return true;
    }
    releaseOne();
    return false;
  }

  private void releaseOne() {
    if (held.isEmpty()) {
      return;
    }
    int which = random.nextInt(held.size());
    Allotment last = held.removeLast();
    Allotment gone = which == held.size() ? last : held.set(which, last);
    fleet.release(gone);
    takenMilli -= (long) gone.devices().size() * gone.milli();
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
