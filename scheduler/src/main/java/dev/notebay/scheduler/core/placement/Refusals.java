package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Says why a request is not placed: what is short, or what would be possible. */
final class Refusals {
  private static final int EXAMPLES = 5;
  private static final long MEBIBYTE = 1L << 20;

  private Refusals() {}

  static Decision.Wait wait(Request request, Map<WaitReason, Integer> refusals) {
    int nodes = refusals.values().stream().mapToInt(Integer::intValue).sum();
    String counts =
        refusals.entrySet().stream()
            .sorted(Collections.reverseOrder(Map.Entry.comparingByKey()))
            .map(refusal -> refusal.getValue() + " " + refusal.getKey().words())
            .collect(Collectors.joining(", "));
    return new Decision.Wait(
        Collections.max(refusals.keySet()),
        "no node has room for "
            + describe(request.accelerator(), request.compute())
            + " now (nodes: "
            + nodes
            + "; "
            + counts
            + ")",
        refusals);
  }

  /** Only when no node could take it even if it were empty and available. */
  static Decision.Never never(Request request, FleetState fleet) {
    List<Node> nodes =
        IntStream.of(fleet.byName())
            .mapToObj(index -> fleet.node(index).node().orElseThrow())
            .toList();
    List<Node> labelled =
        nodes.stream()
            .filter(node -> node.labels().entrySet().containsAll(request.nodeLabels().entrySet()))
            .toList();
    if (labelled.isEmpty() && !request.nodeLabels().isEmpty()) {
      return labelsNever(request, nodes);
    }
    Optional<String> home = request.volumeNode().filter(name -> fleet.indexOf(name) >= 0);
    List<Node> local =
        labelled.stream().filter(node -> home.map(node.name()::equals).orElse(true)).toList();
    String where =
        home.map(name -> "node " + name + ", where the volume is, has not ")
            .orElse(
                request.nodeLabels().isEmpty()
                    ? "no node has "
                    : "no node with the labels " + sorted(request.nodeLabels()) + " has ");
    List<Node> equipped =
        local.stream().filter(node -> hasEver(node, request.accelerator())).toList();
    if (request.accelerator().isNone() && equipped.stream().allMatch(Node::onlyWithDevices)) {
      return new Decision.Never(
          "NODES_FOR_ACCELERATORS",
          where.replaceFirst("has (not )?$", "is ") + "for sessions without an accelerator",
          Map.of());
    }
    if (!equipped.isEmpty()) {
      return computeNever(where, request, equipped);
    }
    return isForWholeOnly(request.accelerator(), local)
        ? shareNever(request.accelerator(), local)
        : acceleratorNever(where, request.accelerator(), local);
  }

  private static Decision.Never labelsNever(Request request, List<Node> nodes) {
    String asked = sorted(request.nodeLabels());
    String possible =
        nodes.stream()
            .flatMap(node -> node.labels().entrySet().stream())
            .filter(label -> request.nodeLabels().containsKey(label.getKey()))
            .map(label -> label.getKey() + "=" + label.getValue())
            .distinct()
            .sorted()
            .limit(EXAMPLES)
            .collect(Collectors.joining(", "));
    return new Decision.Never(
        "NODE_LABELS_IMPOSSIBLE",
        "no node has the labels "
            + asked
            + "; possible: "
            + (possible.isEmpty() ? "none of these keys" : possible),
        Map.of("labels", asked, "possible", possible));
  }

  /** Whether a share is wanted of what is there, and only given whole. */
  private static boolean isForWholeOnly(Accelerator accelerator, List<Node> nodes) {
    List<Device> wanted =
        nodes.stream()
            .flatMap(node -> node.devices().stream())
            .filter(device -> accelerator.types().contains(device.type()))
            .toList();
    return accelerator.isShare()
        && !wanted.isEmpty()
        && wanted.stream().noneMatch(Device::shareable);
  }

  private static Decision.Never shareNever(Accelerator accelerator, List<Node> nodes) {
    String asked = accelerator.describe();
    String possible = possible(nodes);
    return new Decision.Never(
        "ACCELERATOR_NOT_SHARED",
        "no node shares "
            + String.join(" or ", accelerator.types())
            + " among sessions (wanted: "
            + asked
            + "); possible: "
            + possible,
        Map.of("accelerator", asked, "possible", possible));
  }

  /** What can be had of each class. */
  private static String possible(List<Node> nodes) {
    Map<String, Long> largest = new TreeMap<>();
    Set<String> shared = new HashSet<>();
    for (Node node : nodes) {
      node.devices().stream()
          .collect(Collectors.groupingBy(Device::type, Collectors.counting()))
          .forEach((type, count) -> largest.merge(type, count, Math::max));
      node.devices().stream()
          .filter(Device::shareable)
          .forEach(device -> shared.add(device.type()));
    }
    return largest.isEmpty()
        ? "none (this fleet has no accelerators)"
        : "none, "
            + largest.entrySet().stream()
                .map(
                    entry ->
                        entry.getKey()
                            + " x1.."
                            + entry.getValue()
                            + (shared.contains(entry.getKey()) ? " or shares" : ""))
                .collect(Collectors.joining(", "));
  }

  private static Decision.Never acceleratorNever(
      String where, Accelerator accelerator, List<Node> nodes) {
    String possible = possible(nodes);
    String asked = accelerator.describe();
    String with =
        accelerator.memoryBytes() > 0
            ? " with " + accelerator.memoryBytes() / MEBIBYTE + " MiB of GPU memory each"
            : "";
    return new Decision.Never(
        "ACCELERATOR_IMPOSSIBLE",
        where + asked + with + "; possible: " + possible,
        Map.of("accelerator", asked, "possible", possible));
  }

  private static Decision.Never computeNever(String where, Request request, List<Node> equipped) {
    String asked = describe(request.compute());
    String possible =
        equipped.stream()
            .map(node -> new Compute(node.cpuMilli(), node.memoryBytes()))
            .distinct()
            .sorted(
                Comparator.comparingLong(Compute::cpuMilli)
                    .thenComparingLong(Compute::memoryBytes)
                    .reversed())
            .limit(EXAMPLES)
            .map(Refusals::describe)
            .collect(Collectors.joining(", or "));
    String with = request.accelerator().isNone() ? "" : "with that accelerator ";
    return new Decision.Never(
        "COMPUTE_IMPOSSIBLE",
        where.replaceFirst("no node ", "no node " + with) + asked + "; at most: " + possible,
        Map.of("compute", asked, "possible", possible));
  }

  private static boolean hasEver(Node node, Accelerator accelerator) {
    return accelerator.isNone()
        || accelerator.types().stream()
            .anyMatch(
                type ->
                    node.devices().stream()
                            .filter(device -> device.type().equals(type))
                            .filter(device -> device.memoryBytes() >= accelerator.memoryBytes())
                            .filter(device -> device.shareable() || !accelerator.isShare())
                            .count()
                        >= accelerator.count());
  }

  private static String sorted(Map<String, String> labels) {
    return new TreeMap<>(labels)
        .entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .collect(Collectors.joining(", "));
  }

  private static String describe(Accelerator accelerator, Compute compute) {
    return (accelerator.isNone() ? "" : accelerator.describe() + " with ") + describe(compute);
  }

  private static String describe(Compute compute) {
    return compute.cpuMilli() + "m CPU and " + compute.memoryBytes() / MEBIBYTE + " MiB";
  }
}
