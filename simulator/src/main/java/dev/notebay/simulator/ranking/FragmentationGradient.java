package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Taking;

/**
 * Fragmentation Gradient Descent ("Beware of Fragmentation", USENIX ATC'23): the way that adds
 * least to the {@link Fragmentation}, in the steps of the published score.
 */
final class FragmentationGradient implements Ranking {
  private static final double SCALE = 1000;
  private static final int MOST_POINTS = 100;

  private final Fragmentation fragmentation;

  FragmentationGradient(Fragmentation fragmentation) {
    this.fragmentation = fragmentation;
  }

  @Override
  public long score(NodeState node, Taking taking, Demand demand) {
    double added =
        fragmentation.of(node, taking.after(node, demand)) - fragmentation.of(node, node.room());
    return -(long) Math.floor(MOST_POINTS / (1 + Math.exp(added / SCALE)));
  }
}
