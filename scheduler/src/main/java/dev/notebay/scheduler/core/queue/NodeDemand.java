package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;

/** A request for devices of one class, in numbers. */
final class NodeDemand {
  private final Request request;
  private final Accelerator accelerator;

  /**
   * @param request with exactly one class
   */
  NodeDemand(Request request) {
    this.request = request;
    this.accelerator = request.accelerator();
  }

  Request request() {
    return request;
  }

  String type() {
    return accelerator.type();
  }

  long cpuMilli() {
    return request.compute().cpuMilli();
  }

  long memoryBytes() {
    return request.compute().memoryBytes();
  }

  int count() {
    return accelerator.count();
  }

  int milli() {
    return accelerator.milli();
  }

  boolean isShare() {
    return accelerator.isShare();
  }

  /** Thousandths of all its devices together, which count against quotas. */
  long totalMilli() {
    return (long) count() * milli();
  }

  /** Bytes that it needs of a device with that capacity, which is 0 where it is not known. */
  long memoryOf(long capacity) {
    return accelerator.memoryBytes() > 0 || !isShare()
        ? accelerator.memoryBytes()
        : capacity / Accelerator.WHOLE * milli();
  }

  boolean isOf(Device device) {
    return device.type().equals(type())
        && device.memoryBytes() >= memoryOf(device.memoryBytes())
        && (device.shareable() || !isShare());
  }

  /** Whether the node could take it now if it were empty. */
  boolean mayGoOn(Node node) {
    return node.unavailable().isEmpty()
        && (count() > 0 || !node.onlyWithDevices())
        && node.cpuMilli() >= cpuMilli()
        && node.memoryBytes() >= memoryBytes()
        && node.labels().entrySet().containsAll(request.nodeLabels().entrySet())
        && request.volumeNode().map(node.name()::equals).orElse(true)
        && node.devices().stream().filter(this::isOf).count() >= count();
  }
}
