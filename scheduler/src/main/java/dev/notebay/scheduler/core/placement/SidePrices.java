package dev.notebay.scheduler.core.placement;

import java.util.List;

/**
 * Prices of the resource beside GPU that is scarcer, CPU or memory, at which a node is looked at.
 *
 * <p>The first is what it is worth on any node: the more of it is wanted beside a GPU than there is
 * beside one, the more. The others, each a fixed multiple of the one before, are for nodes that
 * have so little of it that their GPUs would lie idle.
 *
 * @param isMemory whether memory is the scarcer
 * @param prices in thousandths of a GPU for a thousandth of a CPU or a MiB
 */
record SidePrices(boolean isMemory, float[] prices) {
  /** How many. */
  static final int LANES = 8;

  /** The worth on any node is a part of the average; it rises steeply as CPU becomes scarce. */
  private static final double MOST_ANYWHERE = 0.75;

  private static final double STEEPNESS = 12;

  /** Where the others begin and end, as multiples of the average. */
  private static final double LOWEST = 0.125;

  private static final double HIGHEST = 4;

  private static final double MEBIBYTE = 1 << 20;

  /** CPU and memory in which a node or a request is counted. */
  float amount(long cpuMilli, double memoryBytes) {
    return (float) (isMemory ? memoryBytes / MEBIBYTE : cpuMilli);
  }

  float amount(Demand demand) {
    return amount(demand.cpuMilli(), demand.memoryBytes());
  }

  float amount(Room room) {
    return amount(room.cpuMilli(), room.memoryBytes());
  }

  /**
   * @param kinds all that was asked for; some want a GPU
   * @param capacity of the fleet
   */
  static SidePrices of(List<RequestMix.Kind> kinds, Capacity capacity) {
    double gpu = 0;
    double cpu = 0;
    double memory = 0;
    for (RequestMix.Kind kind : kinds) {
      gpu += kind.wantedMilli();
      cpu += kind.requests() * kind.cpuMilli();
      memory += kind.requests() * kind.meanMemoryBytes() / MEBIBYTE;
    }
    double cpuScarcity = cpu / gpu * capacity.gpuMilli() / capacity.cpuMilli();
    double memoryScarcity = memory / gpu * capacity.gpuMilli() / capacity.memoryMebibytes();
    boolean isMemory = memoryScarcity > cpuScarcity;
    double average =
        capacity.gpuMilli() / (isMemory ? capacity.memoryMebibytes() : capacity.cpuMilli());
    double scarcity = Math.max(memoryScarcity, cpuScarcity);
    double anywhere = average * Math.min(MOST_ANYWHERE, Math.pow(scarcity, STEEPNESS));
    double low = Math.max(anywhere, average * LOWEST);
    double high = Math.max(average * HIGHEST, low * HIGHEST);
    var prices = new float[LANES];
    prices[0] = (float) anywhere;
    int first = anywhere < low ? 1 : 0;
    for (int lane = 1; lane < LANES; lane++) {
      double step = (lane - first) / (double) (LANES - 1 - first);
      prices[lane] = (float) (low * Math.pow(high / low, step));
    }
    return new SidePrices(isMemory, prices);
  }

  /** What nodes have that new sessions may be placed on. */
  record Capacity(double gpuMilli, double cpuMilli, double memoryMebibytes) {
    static Capacity of(FleetState fleet) {
      double gpu = 0;
      double cpu = 0;
      double memory = 0;
      for (int index : fleet.byName()) {
        NodeState node = fleet.node(index);
        if (node.isAvailable() && node.room().devices() > 0) {
          gpu += 1000.0 * node.room().devices();
          cpu += node.node().orElseThrow().cpuMilli();
          memory += node.node().orElseThrow().memoryBytes() / MEBIBYTE;
        }
      }
      return new Capacity(gpu, cpu, memory);
    }
  }
}
