package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Taking;
import dev.notebay.scheduler.core.session.Accelerator;

/**
 * Nodes whose pods want as many GPUs as this one, only such before mixed ones; else idle nodes;
 * else others. Within each, the least free GPU.
 */
final class Clustering extends Published {
  private static final int BAND = MOST_POINTS / 4;

  @Override
  long points(NodeState node, Taking taking, Demand demand) {
    if (demand.count() == 0) {
      return 0;
    }
    int wanted = kind(demand.count(), demand.milli());
    boolean alike = false;
    boolean others = false;
    for (Allotment allotment : node.allotments()) {
      int kind = kind(allotment.devices().size(), allotment.milli());
      alike |= kind == wanted;
      others |= kind != wanted && !allotment.devices().isEmpty();
    }
    int band = alike ? (others ? 2 : 3) : others ? 0 : 1;
    return BAND * (MOST_GPU - node.room().totalMilli()) / MOST_GPU + (long) BAND * band;
  }

  /** -1 for a share, else how many GPUs. */
  private static int kind(int count, int milli) {
    return milli < Accelerator.WHOLE ? -1 : count;
  }
}
