package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.placement.Taking;

/** Least product of what is free and what is wanted, over CPU and all GPUs of the node as one. */
final class DotProduct extends Published {
  @Override
  long points(NodeState node, Taking taking, Demand demand) {
    Room free = node.room();
    double product =
        free.cpuMilli() / MOST_CPU * demand.cpuMilli() / MOST_CPU
            + (double) free.totalMilli() / MOST_GPU * demand.totalMilli() / MOST_GPU;
    return (long) (MOST_POINTS * (1 - product / 2));
  }
}
