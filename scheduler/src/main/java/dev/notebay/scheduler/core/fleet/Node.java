package dev.notebay.scheduler.core.fleet;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A machine of the fleet and all that sessions could have of it if nobody else were there.
 *
 * @param cpuMilli thousandths of a CPU
 * @param labels what a request may choose nodes by
 * @param unavailable why nothing new may be placed there (cordoned, not ready, unknown); it stays
 *     in the fleet, and sessions on it keep what they hold
 * @param onlyWithDevices whether it takes only sessions that want some of its devices
 * @param taken what of it others than sessions have now
 */
public record Node(
    String name,
    long cpuMilli,
    long memoryBytes,
    List<Device> devices,
    Map<String, String> labels,
    Optional<String> unavailable,
    boolean onlyWithDevices,
    Taken taken) {
  public Node {
    devices = List.copyOf(devices);
    labels = Map.copyOf(labels);
  }

  /**
   * What others have of a node, for as long as they stay: it counts against what is free, and not
   * against what would be possible.
   *
   * @param devices ids of those that are theirs
   */
  public record Taken(long cpuMilli, long memoryBytes, Set<String> devices) {
    public static final Taken NOTHING = new Taken(0, 0, Set.of());

    public Taken {
      devices = Set.copyOf(devices);
    }
  }

  /** A node that sessions have for themselves. */
  public Node(
      String name,
      long cpuMilli,
      long memoryBytes,
      List<Device> devices,
      Map<String, String> labels,
      Optional<String> unavailable) {
    this(name, cpuMilli, memoryBytes, devices, labels, unavailable, false, Taken.NOTHING);
  }

  /** An available node without labels. */
  public Node(String name, long cpuMilli, long memoryBytes, List<Device> devices) {
    this(name, cpuMilli, memoryBytes, devices, Map.of(), Optional.empty());
  }
}
