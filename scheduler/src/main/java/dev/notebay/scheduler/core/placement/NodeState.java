package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * A node of a {@link FleetState}, what is free of it, and what sessions have of it.
 *
 * <p>What was taken is remembered by allotment, so that a node may change, go and come back under
 * its sessions and what is free is always what it has less what they hold.
 */
public final class NodeState {
  private static final int[] NONE = {};
  private static final long[] NO_MEMORIES = {};

  private final int index;
  private final String name;
  private final Room room = new Room();
  private final List<Allotment> allotments = new ArrayList<>();
  private Optional<Node> node = Optional.empty();
  private int[] classes = NONE;
  private int[] distinctClasses = NONE;
  private long[] memories = NO_MEMORIES;
  private BitSet shareable = new BitSet();
  private boolean available;
  private int version;
  private int wholeDevices;
  private int mostMilli;
  private int totalMilli;
  private int capacityMilli;

  NodeState(int index, String name) {
    this.index = index;
    this.name = name;
  }

  /** In the fleet; stays the same while the node is there or anybody holds a part of it. */
  public int index() {
    return index;
  }

  public String name() {
    return name;
  }

  /** Another one after every change of the node. */
  public int version() {
    return version;
  }

  /** As it was last seen; empty where sessions hold parts of a node that is not in the fleet. */
  public Optional<Node> node() {
    return node;
  }

  /** What is free now. Must not be kept: it changes. */
  public Room room() {
    return room;
  }

  /**
   * @param device position on the node
   * @return number of its accelerator class, see {@link FleetState#classOf}
   */
  public int classOf(int device) {
    return classes[device];
  }

  /** What sessions have of it, in the order in which they came. */
  public List<Allotment> allotments() {
    return Collections.unmodifiableList(allotments);
  }

  /** Whether it is in the fleet and new sessions may be placed there. */
  public boolean isAvailable() {
    return available;
  }

  /** How many devices nobody has a part of; 0 where it is not available. */
  public int wholeDevices() {
    return wholeDevices;
  }

  /** Thousandths that are free of all devices together; 0 where it is not available. */
  public int totalMilli() {
    return totalMilli;
  }

  /** Thousandths of all devices together; 0 where it is not available. */
  int capacityMilli() {
    return capacityMilli;
  }

  /** Thousandths that are free of the device with most. */
  int mostMilli() {
    return mostMilli;
  }

  boolean isPresent() {
    return node.isPresent();
  }

  /**
   * @param device position on the node
   * @return its GPU memory when nobody has a part of it; 0 where that is not known
   */
  long memoryOf(int device) {
    return memories[device];
  }

  /** Whether sessions may have shares of the device in that position. */
  boolean isShareable(int device) {
    return shareable.get(device);
  }

  /** Each accelerator class that it has, once, in the order of its devices. */
  int[] distinctClasses() {
    return distinctClasses;
  }

  void changed(long change) {
    version = (int) change;
    wholeDevices = 0;
    mostMilli = 0;
    totalMilli = 0;
    capacityMilli = available ? Accelerator.WHOLE * room.devices() : 0;
    if (available) {
      for (int device = 0; device < room.devices(); device++) {
        int milli = Math.max(0, room.milli(device));
        wholeDevices += room.isWhole(device) ? 1 : 0;
        mostMilli = Math.max(mostMilli, milli);
        totalMilli += milli;
      }
    }
  }

  void become(Node seen, ToIntFunction<String> numberOfClass) {
    List<Device> devices = seen.devices();
    node = Optional.of(seen);
    classes = devices.stream().map(Device::type).mapToInt(numberOfClass).toArray();
    distinctClasses = IntStream.of(classes).distinct().toArray();
    memories = devices.stream().mapToLong(Device::memoryBytes).toArray();
    shareable = new BitSet();
    for (int device = 0; device < devices.size(); device++) {
      shareable.set(device, devices.get(device).shareable());
    }
    available = seen.unavailable().isEmpty();
    room.empty(seen.cpuMilli(), seen.memoryBytes(), memories);
    room.takeCompute(seen.taken().cpuMilli(), seen.taken().memoryBytes());
    for (String id : seen.taken().devices()) {
      int device = position(devices, id);
      if (device >= 0) {
        room.takeDevice(device, Accelerator.WHOLE, memories[device]);
      }
    }
    allotments.forEach(allotment -> subtract(allotment, 1));
  }

  void vanish() {
    node = Optional.empty();
    available = false;
  }

  void add(Allotment allotment) {
    allotments.add(allotment);
    subtract(allotment, 1);
  }

  /** Whether it was there. */
  boolean drop(Allotment allotment) {
    // Who came last goes first where they are equal: searched from there, for it is often so.
    int position = allotments.lastIndexOf(allotment);
    if (position < 0) {
      return false;
    }
    allotments.remove(position);
    subtract(allotment, -1);
    return true;
  }

  private void subtract(Allotment allotment, int times) {
    if (node.isEmpty()) {
      return;
    }
    room.takeCompute(
        times * allotment.compute().cpuMilli(), times * allotment.compute().memoryBytes());
    for (String id : allotment.devices()) {
      int device = position(node.orElseThrow().devices(), id);
      if (device >= 0) {
        room.takeDevice(device, times * allotment.milli(), times * allotment.memoryBytes());
      }
    }
  }

  private static int position(List<Device> devices, String id) {
    for (int position = 0; position < devices.size(); position++) {
      if (devices.get(position).id().equals(id)) {
        return position;
      }
    }
    return -1;
  }
}
