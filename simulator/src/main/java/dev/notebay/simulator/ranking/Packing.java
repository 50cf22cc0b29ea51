package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.placement.Taking;

/**
 * GPUs that are shared already, the fullest first; else nodes in use, with few free GPUs taken;
 * else idle nodes, the smallest first.
 */
final class Packing extends Published {
  @Override
  long points(NodeState node, Taking taking, Demand demand) {
    if (demand.count() == 0) {
      return 0;
    }
    Room free = node.room();
    if (node.wholeDevices() == free.devices()) {
      return Math.max(MOST_POINTS / 3 - node.wholeDevices(), node.wholeDevices());
    }
    int wholeTaken = 0;
    int percentFree = 0;
    for (int position = 0; position < taking.count(); position++) {
      int device = taking.device(position);
      wholeTaken += free.isWhole(device) ? 1 : 0;
      percentFree += free.milli(device) / 10;
    }
    if (wholeTaken > 0) {
      return Math.max(MOST_POINTS / 2 - wholeTaken, MOST_POINTS / 3);
    }
    return Math.max(MOST_POINTS - percentFree / 10, MOST_POINTS / 2);
  }
}
