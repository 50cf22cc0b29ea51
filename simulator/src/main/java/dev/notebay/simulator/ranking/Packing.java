package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Room;

/**
 * GPUs that are shared already, the fullest first; else nodes in use, with few free GPUs taken;
 * else idle nodes, the smallest first.
 */
final class Packing extends Published {
  @Override
  long points(NodeState node, Room after, Demand demand) {
    if (demand.count() == 0) {
      return 0;
    }
    Room free = node.room();
    int whole = 0;
    int taken = 0;
    int wholeTaken = 0;
    int percentFree = 0;
    for (int device = 0; device < free.devices(); device++) {
      whole += free.isWhole(device) ? 1 : 0;
      if (after.milli(device) != free.milli(device)) {
        taken++;
        wholeTaken += free.isWhole(device) ? 1 : 0;
        percentFree += free.milli(device) / 10;
      }
    }
    if (whole == free.devices()) {
      return Math.max(MOST_POINTS / 3 - whole, whole);
    }
    if (wholeTaken > 0) {
      return Math.max(MOST_POINTS / 2 - wholeTaken, MOST_POINTS / 3);
    }
    return taken == 0 ? 0 : Math.max(MOST_POINTS - percentFree / 10, MOST_POINTS / 2);
  }
}
