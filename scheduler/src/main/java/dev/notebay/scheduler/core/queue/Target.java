package dev.notebay.scheduler.core.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A demand and the nodes that could ever take it, each with the time from which on it has room as
 * far as those tell who hold something now. That time does not depend on how long the room is
 * needed, since what is held only ever becomes less; so it is kept until the node changes.
 */
final class Target {
  private final NodeDemand demand;
  private int[] nodes = new int[0];
  private long[] roomFrom = new long[0];
  private int[] versions = new int[0];
  private @Nullable Object generation;

  Target(NodeDemand demand) {
    this.demand = demand;
  }

  NodeDemand demand() {
    return demand;
  }

  /** Indexes, ordered by the nodes' names. */
  int[] nodes() {
    return nodes;
  }

  /**
   * Whether that is when it was last told of nodes.
   *
   * @param generation of the nodes of one horizon
   */
  boolean isOf(Object generation) {
    return generation.equals(this.generation);
  }

  void become(int[] nodes, int slots, Object generation) {
    this.nodes = nodes;
    this.roomFrom = new long[slots];
    this.versions = new int[slots];
    this.generation = generation;
    Arrays.fill(versions, -1);
  }

  boolean knows(int node, int version) {
    return versions[node] == version;
  }

  long roomFrom(int node) {
    return roomFrom[node];
  }

  void learn(int node, int version, long from) {
    versions[node] = version;
    roomFrom[node] = from;
  }
}
