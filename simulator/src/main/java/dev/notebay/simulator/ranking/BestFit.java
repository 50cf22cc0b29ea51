package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.placement.Taking;

/** Least CPU and GPU left, half each. */
final class BestFit extends Published {
  @Override
  long points(NodeState node, Taking taking, Demand demand) {
    Room after = taking.after(node, demand);
    double left = 0.5 * after.cpuMilli() / MOST_CPU + 0.5 * after.totalMilli() / MOST_GPU;
    return (long) (MOST_POINTS * (1 - left));
  }
}
