package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;

/**
 * Prefers the node that is fullest afterwards: fewest free devices of any kind (so that sessions
 * without accelerator stay off GPU nodes), then least free CPU; on it, the fullest device.
 */
public final class TightestFit implements Ranking {
  private static final long MOST_CPU = (1L << 32) - 1;

  @Override
  public long score(NodeState node, Taking taking, Demand demand) {
    Room after = taking.after(node, demand);
    // Curved, so that one device that is free and one that is full count less than two halves.
    long free = 0;
    for (int device = 0; device < after.devices(); device++) {
      long milli = Math.max(0, after.milli(device));
      free += milli * (2 * Accelerator.WHOLE - milli);
    }
    return (free << 32) + Math.clamp(after.cpuMilli(), 0, MOST_CPU);
  }
}
