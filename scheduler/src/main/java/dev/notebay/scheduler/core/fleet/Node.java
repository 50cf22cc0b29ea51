package dev.notebay.scheduler.core.fleet;

import java.util.List;

/**
 * A machine of the fleet and all that sessions may have of it.
 *
 * @param cpuMilli thousandths of a CPU
 */
public record Node(String name, long cpuMilli, long memoryBytes, List<Device> devices) {
  public Node {
    devices = List.copyOf(devices);
  }
}
