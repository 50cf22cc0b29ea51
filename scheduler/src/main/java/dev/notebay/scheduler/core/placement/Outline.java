package dev.notebay.scheduler.core.placement;

/**
 * What is free of a node, or wanted, in so few bits that most nodes which do not fit are told
 * without looking at them: thousandths of a CPU, devices that are free as a whole, and thousandths
 * of the device with most.
 */
final class Outline {
  private static final int CPU_SHIFT = 32;
  private static final int WHOLE_SHIFT = 16;
  private static final int FIELD = (1 << WHOLE_SHIFT) - 1;

  private Outline() {}

  /** Of nothing, where nothing can be placed. */
  static long of(NodeState node) {
    return node.isAvailable()
        ? outline(node.room().cpuMilli(), node.wholeDevices(), node.mostMilli())
        : 0;
  }

  static long of(Demand demand) {
    return demand.isShare()
        ? outline(demand.cpuMilli(), 0, demand.milli())
        : outline(demand.cpuMilli(), demand.count(), 0);
  }

  /** Whether a node with that outline may fit; if not, it does not. */
  static boolean mayFit(long free, long wanted) {
    return free >>> CPU_SHIFT >= wanted >>> CPU_SHIFT
        && ((free >>> WHOLE_SHIFT) & FIELD) >= ((wanted >>> WHOLE_SHIFT) & FIELD)
        && (free & FIELD) >= (wanted & FIELD);
  }

  private static long outline(long cpuMilli, int whole, int milli) {
    return Math.clamp(cpuMilli, 0L, (long) Integer.MAX_VALUE) << CPU_SHIFT
        | (long) Math.min(whole, FIELD) << WHOLE_SHIFT
        | milli;
  }
}
