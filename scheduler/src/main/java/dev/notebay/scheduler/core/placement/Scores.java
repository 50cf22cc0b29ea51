package dev.notebay.scheduler.core.placement;

import java.util.Arrays;

/**
 * How every node takes one demand, kept from one decision to the next.
 *
 * <ol>
 *   <li>Only nodes that have changed since are scored again.
 *   <li>Nodes stand in blocks, and each block knows its best; it looks for another one only when
 *       that one has become worse.
 *   <li>Why a node refuses is found out only when somebody asks.
 * </ol>
 *
 * <p>Always holds after {@link #refresh}: what is kept is what scoring every node afresh would
 * give.
 */
final class Scores {
  private static final WaitReason[] REASONS = WaitReason.values();
  private static final long REFUSES = Long.MAX_VALUE;
  private static final int BLOCK = 64;
  private static final int NONE = -1;
  private static final int UNKNOWN = -2;

  private final FleetState fleet;
  private final Ways ways;
  private final Ranking ranking;
  private final Demand demand;
  private final long outline;

  /** Below {@link Ranking#WORST}; or that and the ordinal of the reason; or {@link #REFUSES}. */
  private long[] scores = new long[0];

  private int[] versions = new int[0];
  private int[] bestOfBlock = new int[0];
  private long[] scoreOfBlock = new long[0];
  private long asOf;
  private int rankingVersion;

  Scores(FleetState fleet, Ranking ranking, Ways ways, Demand demand) {
    this.fleet = fleet;
    this.ranking = ranking;
    this.ways = ways;
    this.demand = demand;
    this.outline = Outline.of(demand);
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
        grow();
      }
      if (versions[node] != fleet.version(node)) {
        look(node);
      }
    }
    asOf = changes;
  }

  /**
   * @return index of the node with the lowest score, or -1
   */
  int best() {
    int best = NONE;
    long bestScore = Ranking.WORST;
    for (int block = 0; block < bestOfBlock.length; block++) {
      if (bestOfBlock[block] == UNKNOWN) {
        setBest(block, bestWithin(block));
      }
      long score = scoreOfBlock[block];
      if (score < bestScore
          || (score == bestScore
              && best != NONE
              && fleet.rank(bestOfBlock[block]) < fleet.rank(best))) {
        best = bestOfBlock[block];
        bestScore = score;
      }
    }
    return best;
  }

  /**
   * @return index of the node with the lowest score among those admitted, or -1
   */
  int best(Admission admission) {
    int best = NONE;
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
    if (scores[node] == REFUSES) {
      scores[node] = Ranking.WORST + Ways.refusal(fleet.node(node), demand).ordinal();
    }
    return REASONS[(int) (scores[node] - Ranking.WORST)];
  }

  private boolean isBetter(int node, int other) {
    return scores[node] < scores[other]
        || (scores[node] == scores[other] && fleet.rank(node) < fleet.rank(other));
  }

  private int bestWithin(int block) {
    int best = NONE;
    int end = Math.min(scores.length, (block + 1) * BLOCK);
    for (int node = block * BLOCK; node < end; node++) {
      if (scores[node] < Ranking.WORST && (best == NONE || isBetter(node, best))) {
        best = node;
      }
    }
    return best;
  }

  private void lookAtAll() {
    rankingVersion = ranking.version();
    asOf = fleet.changes();
    grow();
    Arrays.fill(bestOfBlock, UNKNOWN);
    for (int node = 0; node < scores.length; node++) {
      look(node);
    }
  }

  private void grow() {
    int before = scores.length;
    scores = Arrays.copyOf(scores, fleet.slots());
    Arrays.fill(scores, before, scores.length, REFUSES);
    versions = Arrays.copyOf(versions, fleet.slots());
    int blocks = bestOfBlock.length;
    bestOfBlock = Arrays.copyOf(bestOfBlock, (fleet.slots() + BLOCK - 1) / BLOCK);
    Arrays.fill(bestOfBlock, blocks, bestOfBlock.length, UNKNOWN);
    scoreOfBlock = Arrays.copyOf(scoreOfBlock, bestOfBlock.length);
  }

  private void look(int node) {
    long before = scores[node];
    long score =
        Outline.mayFit(fleet.outline(node), outline)
            ? ways.score(fleet.node(node), demand)
            : Ranking.WORST;
    scores[node] = score == Ranking.WORST ? REFUSES : score;
    versions[node] = fleet.version(node);
    int block = node / BLOCK;
    int best = bestOfBlock[block];
    if (best == node) {
      // Of equal ones it may not be the first any more if it is another node in this place.
      setBest(block, score < before ? node : UNKNOWN);
    } else if (score < Ranking.WORST && best != UNKNOWN && (best == NONE || isBetter(node, best))) {
      setBest(block, node);
    }
  }

  private void setBest(int block, int node) {
    bestOfBlock[block] = node;
    scoreOfBlock[block] = node < 0 ? Ranking.WORST : scores[node];
  }
}
