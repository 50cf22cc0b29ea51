package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.Demand;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Taking;

/** A random node of those that fit, and a random device of it; another for every request. */
final class AnyThatFits implements Ranking {
  private final long seed;
  private int requests;

  AnyThatFits(long seed) {
    this.seed = seed;
  }

  @Override
  public void arrived(Demand demand) {
    requests++;
  }

  @Override
  public int version() {
    return requests;
  }

  /** Half the bits for the node; the rest for the way, where it decides within the node only. */
  @Override
  public long score(NodeState node, Taking taking, Demand demand) {
    long ofNode = mixed(seed ^ mixed(requests * 0x9E3779B97F4A7C15L + node.index()));
    long ofWay = ofNode;
    for (int position = 0; position < taking.count(); position++) {
      ofWay = mixed(ofWay + taking.device(position));
    }
    return ((ofNode >>> 33) << 31) | (ofWay >>> 33);
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long bits) {
    long first = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    long second = (first ^ (first >>> 27)) * 0x94D049BB133111EBL;
    return second ^ (second >>> 31);
  }
}
