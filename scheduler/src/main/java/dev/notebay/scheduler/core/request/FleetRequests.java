package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.fleet.AcceleratorSummary;
import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What people may ask of the fleet. */
public final class FleetRequests {
  private final Fleet fleet;
  private final UnfinishedSessions unfinished;

  public FleetRequests(Fleet fleet, UnfinishedSessions unfinished) {
    this.fleet = fleet;
    this.unfinished = unfinished;
  }

  /** Every accelerator class of the fleet, by name. */
  public List<AcceleratorSummary> accelerators() {
    return accelerators(fleet.nodes(), unfinished.copy());
  }

  /**
   * Every accelerator class of {@code nodes}, by name, less what {@code sessions} and others hold.
   */
  public static List<AcceleratorSummary> accelerators(
      List<Node> nodes, Collection<Session> sessions) {
    Map<String, Set<String>> held = new HashMap<>();
    sessions.stream()
        .flatMap(session -> session.state().held().stream())
        .filter(one -> !one.devices().isEmpty())
        .forEach(
            one -> held.computeIfAbsent(one.node(), _ -> new HashSet<>()).addAll(one.devices()));
    Map<String, Integer> free = new TreeMap<>();
    Map<String, List<Device>> byType = new TreeMap<>();
    Map<String, Integer> largest = new TreeMap<>();
    for (Node node : nodes) {
      Map<String, Integer> here = new TreeMap<>();
      for (Device device : node.devices()) {
        byType.computeIfAbsent(device.type(), _ -> new ArrayList<>()).add(device);
        here.merge(device.type(), 1, Integer::sum);
        if (!held.getOrDefault(node.name(), Set.of()).contains(device.id())
            && !node.taken().devices().contains(device.id())) {
          free.merge(device.type(), 1, Integer::sum);
        }
      }
      here.forEach((type, count) -> largest.merge(type, count, Math::max));
    }
    return byType.entrySet().stream()
        .map(
            entry ->
                new AcceleratorSummary(
                    entry.getKey(),
                    entry.getValue().size(),
                    free.getOrDefault(entry.getKey(), 0),
                    largest.getOrDefault(entry.getKey(), 0),
                    entry.getValue().getFirst().memoryBytes(),
                    entry.getValue().stream().anyMatch(Device::declared),
                    entry.getValue().stream().anyMatch(Device::shareable)))
        .toList();
  }

  /** The most CPU and the most memory that one node has; empty where there is no node. */
  public Optional<Compute> largestCompute() {
    List<Node> nodes = fleet.nodes();
    long cpu = nodes.stream().mapToLong(Node::cpuMilli).max().orElse(0);
    long memory = nodes.stream().mapToLong(Node::memoryBytes).max().orElse(0);
    return cpu > 0 && memory > 0 ? Optional.of(new Compute(cpu, memory)) : Optional.empty();
  }
}
