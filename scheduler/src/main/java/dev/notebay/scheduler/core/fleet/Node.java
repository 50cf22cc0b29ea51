package dev.notebay.scheduler.core.fleet;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A machine of the fleet and all that sessions may have of it.
 *
 * @param cpuMilli thousandths of a CPU
 * @param labels what a request may choose nodes by
 * @param unavailable why nothing new may be placed there (cordoned, not ready, unknown); it stays
 *     in the fleet, and sessions on it keep what they hold
 */
public record Node(
    String name,
    long cpuMilli,
    long memoryBytes,
    List<Device> devices,
    Map<String, String> labels,
    Optional<String> unavailable) {
  public Node {
    devices = List.copyOf(devices);
    labels = Map.copyOf(labels);
  }

  /** An available node without labels. */
  public Node(String name, long cpuMilli, long memoryBytes, List<Device> devices) {
    this(name, cpuMilli, memoryBytes, devices, Map.of(), Optional.empty());
  }
}
