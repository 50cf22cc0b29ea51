package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.session.Compute;
import java.util.Arrays;
import java.util.List;

/** What a session has, or is to have, of a node, by the positions of its devices. */
final class Claim {
  private final long cpuMilli;
  private final long memoryBytes;
  private final int[] devices;
  private final int milli;
  private final long deviceMemory;

  /**
   * What is claimed.
   *
   * @param devices positions in the node's list; not to be changed any more
   * @param milli thousandths of each device
   * @param deviceMemory bytes of each device
   */
  Claim(long cpuMilli, long memoryBytes, int[] devices, int milli, long deviceMemory) {
    this.cpuMilli = cpuMilli;
    this.memoryBytes = memoryBytes;
    this.devices = devices;
    this.milli = milli;
    this.deviceMemory = deviceMemory;
  }

  /** The part of an allotment that is on the node as it is now; it may have lost devices. */
  static Claim of(Allotment allotment, Node node) {
    int[] positions = new int[allotment.devices().size()];
    int found = 0;
    int next = 0;
    for (String id : allotment.devices()) {
      int position = position(node.devices(), id, next);
      if (position >= 0) {
        positions[found++] = position;
        next = position + 1;
      }
    }
    return new Claim(
        allotment.compute().cpuMilli(),
        allotment.compute().memoryBytes(),
        found == positions.length ? positions : Arrays.copyOf(positions, found),
        allotment.milli(),
        allotment.memoryBytes());
  }

  /** Looked for from where it is likely, as allotments have the node's order; −1 if absent. */
  private static int position(List<Device> devices, String id, int likely) {
    for (int step = 0; step < devices.size(); step++) {
      int position = (likely + step) % devices.size();
      if (devices.get(position).id().equals(id)) {
        return position;
      }
    }
    return -1;
  }

  Allotment on(Node node) {
    return new Allotment(
        node.name(),
        Arrays.stream(devices).mapToObj(device -> node.devices().get(device).id()).toList(),
        milli,
        deviceMemory,
        new Compute(cpuMilli, memoryBytes));
  }

  long cpuMilli() {
    return cpuMilli;
  }

  long memoryBytes() {
    return memoryBytes;
  }

  /** Must not be changed. */
  int[] devices() {
    return devices;
  }

  int milli() {
    return milli;
  }

  long deviceMemory() {
    return deviceMemory;
  }
}
