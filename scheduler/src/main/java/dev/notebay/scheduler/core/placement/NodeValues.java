package dev.notebay.scheduler.core.placement;

import java.util.Arrays;

/**
 * What is free of a node is worth, at each side price: that price times what is free of the side
 * resource, and the worth of the best patterns for its devices. Its value is the least of these: a
 * bound on what any set of requests that fits is worth.
 */
final class NodeValues {
  private static final int LANES = PatternTables.LANES;

  private final PatternTables tables;
  private final Surcharges surcharges;
  private final float[] scratch = new float[LANES];
  private float[] kept = new float[0];
  private float[] values = new float[0];
  private int[] versions = new int[0];

  NodeValues(PatternTables tables, Surcharges surcharges) {
    this.tables = tables;
    this.surcharges = surcharges;
  }

  /** The side price at which a node's value is least. Looks at the tables as they are now. */
  int cheapestLane(NodeState node) {
    evaluate(node, scratch, 0);
    int cheapest = 0;
    for (int lane = 1; lane < LANES; lane++) {
      if (scratch[lane] < scratch[cheapest]) {
        cheapest = lane;
      }
    }
    return cheapest;
  }

  /**
   * What a node loses by a taking, with the surcharge. What it is worth before is kept: the tables
   * must not have changed since the first call.
   *
   * @return thousandths of a GPU
   */
  float loss(NodeState node, Taking taking, Demand demand) {
    int index = node.index();
    if (index >= versions.length || versions[index] != node.version()) {
      keep(node);
    }
    float amount = tables.side().amount(demand);
    float[] prices = tables.side().prices();
    int start = index * LANES;
    float least = Float.MAX_VALUE;
    if (taking.count() == 0) {
      for (int lane = 0; lane < LANES; lane++) {
        least = Math.min(least, kept[start + lane] - prices[lane] * amount);
      }
      return values[index] - least;
    }
    int device = taking.device(0);
    int acceleratorClass = node.classOf(device);
    if (!tables.knows(acceleratorClass)) {
      return 0;
    }
    int milli = node.room().milli(device);
    float value = values[index] + surcharges.byClass()[acceleratorClass] * demand.totalMilli();
    if (demand.isShare() && !node.room().isWhole(device)) {
      int before = tables.part(acceleratorClass, milli);
      int after = tables.part(acceleratorClass, milli - demand.milli());
      for (int lane = 0; lane < LANES; lane++) {
        float change = tables.worthOfPart(after + lane) - tables.worthOfPart(before + lane);
        least = Math.min(least, kept[start + lane] - prices[lane] * amount + change);
      }
      return value - least;
    }
    int whole = wholeDevices(node, acceleratorClass);
    int before = tables.whole(acceleratorClass, whole);
    int after = tables.whole(acceleratorClass, whole - taking.count());
    int rest = tables.part(acceleratorClass, milli - demand.milli());
    for (int lane = 0; lane < LANES; lane++) {
      float change =
          tables.worthOfWhole(after + lane)
              - tables.worthOfWhole(before + lane)
              + tables.worthOfPart(rest + lane);
      least = Math.min(least, kept[start + lane] - prices[lane] * amount + change);
    }
    return value - least;
  }

  private static int wholeDevices(NodeState node, int acceleratorClass) {
    if (node.distinctClasses().length == 1) {
      return node.wholeDevices();
    }
    int whole = 0;
    for (int device = 0; device < node.room().devices(); device++) {
      if (node.room().isWhole(device) && node.classOf(device) == acceleratorClass) {
        whole++;
      }
    }
    return whole;
  }

  private void keep(NodeState node) {
    int index = node.index();
    if (index >= versions.length) {
      int length = Math.max(index + 1, 2 * versions.length);
      versions = Arrays.copyOf(versions, length);
      values = Arrays.copyOf(values, length);
      kept = Arrays.copyOf(kept, length * LANES);
    }
    evaluate(node, kept, index * LANES);
    float least = kept[index * LANES];
    for (int lane = 1; lane < LANES; lane++) {
      least = Math.min(least, kept[index * LANES + lane]);
    }
    values[index] = least;
    versions[index] = node.version();
  }

  private void evaluate(NodeState node, float[] target, int start) {
    Room room = node.room();
    float amount = room.devices() == 0 ? 0 : tables.side().amount(room);
    for (int lane = 0; lane < LANES; lane++) {
      target[start + lane] = tables.side().prices()[lane] * amount;
    }
    for (int acceleratorClass : node.distinctClasses()) {
      if (tables.knows(acceleratorClass)) {
        addDevices(node, acceleratorClass, target, start);
      }
    }
  }

  private void addDevices(NodeState node, int acceleratorClass, float[] target, int start) {
    Room room = node.room();
    for (int device = 0; device < room.devices(); device++) {
      if (node.classOf(device) == acceleratorClass
          && !room.isWhole(device)
          && room.milli(device) > 0) {
        int part = tables.part(acceleratorClass, room.milli(device));
        for (int lane = 0; lane < LANES; lane++) {
          target[start + lane] += tables.worthOfPart(part + lane);
        }
      }
    }
    int whole = tables.whole(acceleratorClass, wholeDevices(node, acceleratorClass));
    for (int lane = 0; lane < LANES; lane++) {
      target[start + lane] += tables.worthOfWhole(whole + lane);
    }
  }
}
