package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Picks, of the nodes that fit, the one that is fullest afterwards, so that large requests keep
 * finding room.
 *
 * <ol>
 *   <li>Could any node hold the request if it were empty? If not: {@link Decision.Never}.
 *   <li>Of those, which can now? If none: {@link Decision.Wait} with what is short.
 *   <li>Of those: fewest free devices of any kind (so that sessions without accelerator stay off
 *       GPU nodes), then least free CPU, then by name. The node's first free devices are taken.
 * </ol>
 *
 * The same snapshot and request always give the same decision.
 */
public final class BestFit {
  private static final Comparator<FreeNode> FULLEST_FIRST =
      Comparator.<FreeNode>comparingInt(free -> free.devices().size())
          .thenComparingLong(FreeNode::cpuMilli)
          .thenComparing(free -> free.node().name());

  private static final long MEBIBYTE = 1L << 20;

  /** For the first of the acceptable classes that can be placed now, else that could be at all. */
  public Decision decide(Accelerator accelerator, Compute compute, FleetSnapshot fleet) {
    Decision decision = decidePreferred(accelerator, compute, fleet);
    for (String type : accelerator.types().subList(1, accelerator.types().size())) {
      Decision other = decidePreferred(accelerator.only(type), compute, fleet);
      if (!(decision instanceof Decision.Place)
          && (other instanceof Decision.Place || decision instanceof Decision.Never)) {
        decision = other;
      }
    }
    return decision;
  }

  /** The request with only the first of its classes that this fleet could ever give. */
  Accelerator possible(Accelerator accelerator, Compute compute, FleetSnapshot fleet) {
    return accelerator.types().stream()
        .map(accelerator::only)
        .filter(wanted -> !(decidePreferred(wanted, compute, fleet) instanceof Decision.Never))
        .findFirst()
        .orElse(accelerator);
  }

  private Decision decidePreferred(Accelerator accelerator, Compute compute, FleetSnapshot fleet) {
    List<FreeNode> empty = fleet.emptied().nodes();
    List<FreeNode> withAccelerator = empty.stream().filter(node -> node.has(accelerator)).toList();
    if (withAccelerator.isEmpty()) {
      return acceleratorNever(accelerator, empty);
    }
    List<String> capable =
        withAccelerator.stream()
            .filter(node -> node.has(compute))
            .map(node -> node.node().name())
            .toList();
    if (capable.isEmpty()) {
      return computeNever(accelerator, compute, withAccelerator);
    }
    List<FreeNode> candidates =
        fleet.nodes().stream().filter(node -> capable.contains(node.node().name())).toList();
    return candidates.stream()
        .filter(node -> node.has(accelerator) && node.has(compute))
        .min(FULLEST_FIRST)
        .<Decision>map(node -> place(node, accelerator, compute))
        .orElseGet(() -> wait(accelerator, compute, candidates));
  }

  /**
   * The node on which a request that must wait will soonest find room: where it lacks fewest
   * devices.
   */
  String mostPromising(Accelerator accelerator, Compute compute, FleetSnapshot fleet) {
    return fleet.nodes().stream()
        .filter(free -> FreeNode.empty(free.node()).has(accelerator))
        .filter(free -> FreeNode.empty(free.node()).has(compute))
        .max(
            Comparator.<FreeNode>comparingInt(free -> free.fitting(accelerator).size())
                .thenComparingLong(FreeNode::cpuMilli)
                .thenComparing(free -> free.node().name()))
        .orElseThrow(() -> new IllegalArgumentException("no node could ever hold the request"))
        .node()
        .name();
  }

  private static Decision place(FreeNode node, Accelerator accelerator, Compute compute) {
    List<String> devices =
        node.fitting(accelerator).stream().limit(accelerator.count()).map(Device::id).toList();
    return new Decision.Place(
        new Allotment(node.node().name(), devices, accelerator.milli(), 0, compute),
        accelerator.type());
  }

  private static Decision wait(
      Accelerator accelerator, Compute compute, List<FreeNode> candidates) {
    long shortOfDevices = candidates.stream().filter(node -> !node.has(accelerator)).count();
    if (shortOfDevices == candidates.size()) {
      long free = candidates.stream().mapToLong(n -> n.fitting(accelerator).size()).sum();
      return new Decision.Wait(
          WaitReason.ACCELERATOR_BUSY,
          "all "
              + accelerator.type()
              + " are taken (wanted on one node: "
              + accelerator.count()
              + ", free: "
              + free
              + ", nodes tried: "
              + candidates.size()
              + ")");
    }
    long mostCpu = most(candidates, FreeNode::cpuMilli);
    if (mostCpu < compute.cpuMilli()) {
      return new Decision.Wait(
          WaitReason.CPU_BUSY,
          "not enough CPU is free (wanted: "
              + compute.cpuMilli()
              + "m, free: "
              + Math.max(0, mostCpu)
              + "m, nodes tried: "
              + candidates.size()
              + ")");
    }
    return new Decision.Wait(
        WaitReason.MEMORY_BUSY,
        "not enough memory is free (wanted: "
            + compute.memoryBytes() / MEBIBYTE
            + " MiB, free: "
            + Math.max(0, most(candidates, FreeNode::memoryBytes)) / MEBIBYTE
            + " MiB, nodes tried: "
            + candidates.size()
            + ")");
  }

  private static Decision acceleratorNever(Accelerator accelerator, List<FreeNode> empty) {
    Map<String, Integer> largest =
        empty.stream()
            .flatMap(
                node ->
                    node.devices().stream()
                        .collect(Collectors.groupingBy(Device::type, Collectors.summingInt(_ -> 1)))
                        .entrySet()
                        .stream())
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, Map.Entry::getValue, Math::max, java.util.TreeMap::new));
    String possible =
        largest.isEmpty()
            ? "none (this fleet has no accelerators)"
            : "none, "
                + largest.entrySet().stream()
                    .map(entry -> entry.getKey() + " x1.." + entry.getValue())
                    .collect(Collectors.joining(", "));
    String asked = accelerator.type() + " x" + accelerator.count();
    return new Decision.Never(
        "ACCELERATOR_IMPOSSIBLE",
        "no node has " + asked + "; possible: " + possible,
        Map.of("accelerator", asked, "possible", possible));
  }

  private static Decision computeNever(
      Accelerator accelerator, Compute compute, List<FreeNode> nodes) {
    String asked = compute.cpuMilli() + "m CPU and " + compute.memoryBytes() / MEBIBYTE + " MiB";
    String possible =
        nodes.stream()
            .map(
                node ->
                    node.node().cpuMilli()
                        + "m CPU and "
                        + node.node().memoryBytes() / MEBIBYTE
                        + " MiB")
            .distinct()
            .limit(5)
            .collect(Collectors.joining(", or "));
    String where = accelerator.isNone() ? "no node has " : "no node with that accelerator has ";
    return new Decision.Never(
        "COMPUTE_IMPOSSIBLE",
        where + asked + "; at most: " + possible,
        Map.of("compute", asked, "possible", possible));
  }

  private static long most(List<FreeNode> nodes, ToLongFunction<FreeNode> what) {
    return nodes.stream().mapToLong(what).max().orElse(0);
  }
}
