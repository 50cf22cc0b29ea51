package dev.notebay.scheduler.core.placement;

import java.util.Arrays;

/**
 * How every node takes one demand: a score or the reason why not, kept from one decision to the
 * next. Only nodes that have changed meanwhile are looked at again.
 */
final class Scores {
  private static final WaitReason[] REASONS = WaitReason.values();

  private final FleetState fleet;
  private final Way way;
  private final Ranking ranking;
  private final Demand demand;
  private long[] scores = new long[0];
  private int[] versions = new int[0];
  private long asOf;
  private int rankingVersion;

  Scores(FleetState fleet, Ranking ranking, Way way, Demand demand) {
    this.fleet = fleet;
    this.ranking = ranking;
    this.way = way;
    this.demand = demand;
    lookAtAll();
  }

  Demand demand() {
    return demand;
  }

  /** Brings the scores up to date. */
  void refresh() {
    if (rankingVersion != ranking.version() || !fleet.remembers(asOf)) {
      lookAtAll();
      return;
    }
    long changes = fleet.changes();
    for (long change = asOf; change < changes; change++) {
      int node = fleet.changedAt(change);
      if (node >= scores.length) {
        scores = Arrays.copyOf(scores, fleet.slots());
        versions = Arrays.copyOf(versions, fleet.slots());
      }
      NodeState state = fleet.node(node);
      if (versions[node] != state.version() && state.node().isPresent()) {
        look(state);
      }
    }
    asOf = changes;
  }

  /**
   * @return index of the node with the lowest score among those admitted, or -1
   */
  int best(Admission admission) {
    int best = -1;
    long bestScore = Ranking.WORST;
    for (int node : fleet.byName()) {
      if (scores[node] < bestScore && admission.admits(node)) {
        bestScore = scores[node];
        best = node;
      }
    }
    return best;
  }

  boolean fits(int node) {
    return scores[node] < Ranking.WORST;
  }

  /** Why a node that does not fit refuses. */
  WaitReason refusal(int node) {
    return REASONS[(int) (scores[node] - Ranking.WORST)];
  }

  private void lookAtAll() {
    scores = new long[fleet.slots()];
    versions = new int[fleet.slots()];
    rankingVersion = ranking.version();
    asOf = fleet.changes();
    for (int node : fleet.byName()) {
      look(fleet.node(node));
    }
  }

  private void look(NodeState state) {
    scores[state.index()] = way.score(state, demand);
    versions[state.index()] = state.version();
  }
}
