package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.placement.Taking;

/**
 * A ranking of nodes as in the simulator of Fragmentation Gradient Descent
 * (hkust-adsl/kubernetes-scheduler-simulator, {@code pkg/simulator/plugin}): whole points, the more
 * the better, of equal nodes the first, and on it a share goes to the device with least room.
 */
abstract class Published implements Ranking {
  /** Thousandths of a CPU of the largest node. */
  static final double MOST_CPU = 128_000;

  /** Thousandths of all GPUs of the largest node. */
  static final int MOST_GPU = 8000;

  /** The points of the best node. */
  static final int MOST_POINTS = 100;

  @Override
  public final long score(NodeState node, Taking taking, Demand demand) {
    // Between ways on one node only: among nodes it must not tell, so those with least are alike.
    long taken = demand.isShare() ? node.room().milli(taking.device(0)) : 0;
    long least = demand.isShare() ? leastThatFits(node, demand) : 0;
    return -points(node, taking, demand) * 2 + (taken == least ? 0 : 1);
  }

  abstract long points(NodeState node, Taking taking, Demand demand);

  private static int leastThatFits(NodeState node, Demand demand) {
    Room room = node.room();
    int least = Integer.MAX_VALUE;
    for (int device = 0; device < room.devices(); device++) {
      if (room.milli(device) >= demand.milli() && demand.accepts(node.classOf(device))) {
        least = Math.min(least, room.milli(device));
      }
    }
    return least;
  }
}
