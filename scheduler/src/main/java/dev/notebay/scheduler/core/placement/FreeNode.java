package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.List;
import java.util.Set;

/**
 * A node and what is free of it.
 *
 * @param cpuMilli may be below 0 where a node has shrunk under its sessions
 */
record FreeNode(Node node, long cpuMilli, long memoryBytes, List<Device> devices) {
  static FreeNode empty(Node node) {
    return new FreeNode(node, node.cpuMilli(), node.memoryBytes(), node.devices());
  }

  FreeNode without(Compute compute, Set<String> deviceIds) {
    return new FreeNode(
        node,
        cpuMilli - compute.cpuMilli(),
        memoryBytes - compute.memoryBytes(),
        devices.stream().filter(device -> !deviceIds.contains(device.id())).toList());
  }

  /** Devices of the class wanted most, with as much memory as is wanted. */
  List<Device> fitting(Accelerator wanted) {
    return devices.stream()
        .filter(device -> device.type().equals(wanted.type()))
        .filter(device -> device.memoryBytes() >= wanted.memoryBytes())
        .toList();
  }

  boolean has(Accelerator wanted) {
    return fitting(wanted).size() >= wanted.count();
  }

  boolean has(Compute wanted) {
    return cpuMilli >= wanted.cpuMilli() && memoryBytes >= wanted.memoryBytes();
  }
}
