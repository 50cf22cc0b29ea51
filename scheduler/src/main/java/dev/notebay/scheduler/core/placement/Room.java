package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import java.util.Arrays;

/**
 * What is free of one node: CPU, memory and a part of each device. Amounts may be below 0 where a
 * node has shrunk under its sessions.
 */
public final class Room {
  private static final int[] NO_DEVICES = {};
  private static final long[] NO_MEMORIES = {};

  private long cpuMilli;
  private long memoryBytes;
  private int devices;
  private int[] milli = NO_DEVICES;
  private long[] deviceMemory = NO_MEMORIES;

  /** Thousandths of a CPU. */
  public long cpuMilli() {
    return cpuMilli;
  }

  public long memoryBytes() {
    return memoryBytes;
  }

  /** How many devices the node has, free or not. */
  public int devices() {
    return devices;
  }

  /**
   * @param device position on the node
   * @return thousandths of it that are free
   */
  public int milli(int device) {
    return milli[device];
  }

  /** GPU memory that is free of a device; without meaning where nothing of it is free. */
  public long deviceMemory(int device) {
    return deviceMemory[device];
  }

  /** Whether nobody has a part of the device. */
  public boolean isWhole(int device) {
    return milli[device] == Accelerator.WHOLE;
  }

  /** Thousandths that are free of all devices together. */
  public int totalMilli() {
    int total = 0;
    for (int device = 0; device < devices; device++) {
      total += milli[device];
    }
    return total;
  }

  void set(Room other) {
    cpuMilli = other.cpuMilli;
    memoryBytes = other.memoryBytes;
    devices = other.devices;
    if (milli.length < devices) {
      milli = new int[devices];
      deviceMemory = new long[devices];
    }
    for (int device = 0; device < devices; device++) {
      milli[device] = other.milli[device];
      deviceMemory[device] = other.deviceMemory[device];
    }
  }

  void empty(long cpu, long memory, long[] memories) {
    cpuMilli = cpu;
    memoryBytes = memory;
    devices = memories.length;
    milli = new int[devices];
    Arrays.fill(milli, Accelerator.WHOLE);
    deviceMemory = memories.clone();
  }

  /** Negative amounts give back. */
  void takeCompute(long cpu, long memory) {
    cpuMilli -= cpu;
    memoryBytes -= memory;
  }

  /** Negative amounts give back. */
  void takeDevice(int device, int part, long memory) {
    milli[device] -= part;
    deviceMemory[device] -= memory;
  }
}
