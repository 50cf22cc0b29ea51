package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Room;

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
  public final long score(NodeState node, Room after, Demand demand) {
    // Between ways on one node only: among nodes it must not tell, so those with least are alike.
    long fullest = demand.isShare() ? roomOfTaken(node.room(), after) : 0;
    long least = demand.isShare() ? leastThatFits(node, demand) : 0;
    return -points(node, after, demand) * 2 + (fullest == least ? 0 : 1);
  }

  abstract long points(NodeState node, Room after, Demand demand);

  /** Thousandths that were free of the device that a share is taken of. */
  private static int roomOfTaken(Room before, Room after) {
    for (int device = 0; device < before.devices(); device++) {
      if (before.milli(device) != after.milli(device)) {
        return before.milli(device);
      }
    }
    throw new IllegalArgumentException("after: takes no device (expected: one)");
  }

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
