package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import java.util.Arrays;

/**
 * A way in which a node could take a demand: which of its devices. Must not be kept: it changes.
 */
public final class Taking {
  private final Room after = new Room();
  private int[] devices = new int[1];
  private int count;

  /** How many devices; 0 where none is wanted. */
  public int count() {
    return count;
  }

  /**
   * @param position from 0
   * @return position on the node of the device
   */
  public int device(int position) {
    return devices[position];
  }

  /** What would be left of the node. Overwritten by the next call. */
  public Room after(NodeState node, Demand demand) {
    after.set(node.room());
    after.takeCompute(demand.cpuMilli(), demand.memoryBytes());
    for (int position = 0; position < count; position++) {
      int device = devices[position];
      after.takeDevice(device, demand.milli(), demand.memoryOf(node.memoryOf(device)));
    }
    return after;
  }

  void clear() {
    count = 0;
  }

  void add(int device) {
    if (count == devices.length) {
      devices = Arrays.copyOf(devices, Math.max(Accelerator.MAXIMUM_COUNT, count + 1));
    }
    devices[count++] = device;
  }

  void set(Taking other) {
    clear();
    for (int position = 0; position < other.count; position++) {
      add(other.devices[position]);
    }
  }
}
