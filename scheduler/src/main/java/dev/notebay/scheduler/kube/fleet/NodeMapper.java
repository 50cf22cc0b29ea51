package dev.notebay.scheduler.kube.fleet;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.fleet.Node.Taken;
import dev.notebay.scheduler.kube.AcceleratorClass;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.PodUse;
import dev.notebay.scheduler.kube.Toleration;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * From a Kubernetes node, and what its pods have of it, to a node of the fleet.
 *
 * <ol>
 *   <li>What it has is what is allocatable. Devices are extended resources of which an accelerator
 *       class speaks, the first that fits the node's labels.
 *   <li>What the pods of others request is taken. Kubernetes does not tell which devices they have:
 *       they are taken from the last one backwards, sparing those that are booked for sessions.
 *   <li>What sessions request is not counted: the ledger knows it, and earlier.
 *   <li>Nothing new goes to a node that is cordoned, not ready, short of something, without a slot
 *       for another pod, or tainted with what neither every session nor any of its classes
 *       tolerates. If only classes do, it takes none that want no devices.
 * </ol>
 */
public final class NodeMapper {
  private static final Set<String> PRESSURES =
      Set.of("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable");
  private static final String LINUX = "linux";

  private final KubeSettings settings;

  public NodeMapper(KubeSettings settings) {
    this.settings = settings;
  }

  /**
   * The node for the scheduler.
   *
   * @return empty where no session may ever run on it
   */
  public Optional<Node> map(io.fabric8.kubernetes.api.model.Node node, Collection<PodUse> pods) {
    Map<String, String> labels =
        Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
    if (!labels.entrySet().containsAll(settings.defaults().nodeSelector().entrySet())
        || !labels.getOrDefault("kubernetes.io/os", LINUX).equals(LINUX)) {
      return Optional.empty();
    }
    List<Taint> taints = node.getSpec().getTaints().stream().filter(NodeMapper::keepsAway).toList();
    boolean open = tolerated(taints, List.of());
    Map<AcceleratorClass, List<Device>> devices = devices(node, labels);
    Set<AcceleratorClass> closed =
        devices.keySet().stream()
            .filter(each -> !tolerated(taints, each.tolerations()))
            .collect(Collectors.toSet());
    boolean onlyWithDevices = !open && closed.size() < devices.size();
    return Optional.of(
        new Node(
            node.getMetadata().getName(),
            cpuMilli(node),
            amount(node, "memory").orElse(0L),
            devices.values().stream().flatMap(List::stream).toList(),
            labels,
            unavailable(node, pods)
                .or(() -> open || onlyWithDevices ? Optional.empty() : tainted(taints)),
            onlyWithDevices,
            taken(devices, closed, pods)));
  }

  private static boolean keepsAway(Taint taint) {
    return !Toleration.Effect.PREFER_NO_SCHEDULE.word().equals(taint.getEffect());
  }

  private boolean tolerated(List<Taint> taints, List<Toleration> more) {
    return taints.stream()
        .allMatch(
            taint ->
                settings.defaults().tolerations().stream().anyMatch(each -> each.tolerates(taint))
                    || more.stream().anyMatch(each -> each.tolerates(taint)));
  }

  private Map<AcceleratorClass, List<Device>> devices(
      io.fabric8.kubernetes.api.model.Node node, Map<String, String> labels) {
    Map<AcceleratorClass, List<Device>> devices = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    for (AcceleratorClass each : settings.acceleratorClasses()) {
      long count = amount(node, each.resource()).orElse(0L);
      if (count > 0
          && labels.entrySet().containsAll(each.nodeSelector().entrySet())
          && seen.add(each.resource())) {
        long memory = DeviceMemory.of(each.resource(), labels);
        devices.put(
            each,
            LongStream.range(0, count)
                .mapToObj(
                    index -> new Device(each.resource() + "-" + index, each.name(), memory, false))
                .toList());
      }
    }
    return devices;
  }

  private static Taken taken(
      Map<AcceleratorClass, List<Device>> devices,
      Set<AcceleratorClass> closed,
      Collection<PodUse> pods) {
    Set<String> booked =
        pods.stream().flatMap(pod -> pod.devices().stream()).collect(Collectors.toSet());
    List<PodUse> others = pods.stream().filter(pod -> !pod.ours()).toList();
    Set<String> taken = new HashSet<>();
    devices.forEach(
        (each, all) -> {
          List<String> ids = all.stream().map(Device::id).toList();
          taken.addAll(
              closed.contains(each) ? ids : takenByOthers(each.resource(), ids, booked, others));
        });
    return new Taken(
        others.stream().mapToLong(PodUse::cpuMilli).sum(),
        others.stream().mapToLong(PodUse::memoryBytes).sum(),
        taken);
  }

  private static List<String> takenByOthers(
      String resource, List<String> ids, Set<String> booked, List<PodUse> others) {
    // One that is booked, and not there any more since another has failed, is one of these.
    long lost =
        booked.stream().filter(id -> id.startsWith(resource + "-") && !ids.contains(id)).count();
    long count =
        lost + others.stream().mapToLong(pod -> pod.extended().getOrDefault(resource, 0L)).sum();
    return ids.reversed().stream().filter(id -> !booked.contains(id)).limit(count).toList();
  }

  private Optional<String> unavailable(
      io.fabric8.kubernetes.api.model.Node node, Collection<PodUse> pods) {
    List<String> reasons = new ArrayList<>();
    if (node.getMetadata().getDeletionTimestamp() != null) {
      reasons.add("is being deleted");
    }
    if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
      reasons.add("cordoned");
    }
    Map<String, NodeCondition> conditions =
        node.getStatus().getConditions().stream()
            .collect(Collectors.toMap(NodeCondition::getType, each -> each, (one, _) -> one));
    NodeCondition ready = conditions.get("Ready");
    if (ready == null || !"True".equals(ready.getStatus())) {
      reasons.add(ready == null || "Unknown".equals(ready.getStatus()) ? "silent" : "not ready");
    }
    conditions.values().stream()
        .filter(each -> PRESSURES.contains(each.getType()) && "True".equals(each.getStatus()))
        .map(NodeCondition::getType)
        .sorted()
        .forEach(reasons::add);
    amount(node, "pods")
        .filter(most -> pods.size() >= most)
        .ifPresent(most -> reasons.add("has all of its " + most + " pods"));
    amount(node, "ephemeral-storage")
        .filter(
            all ->
                all - pods.stream().mapToLong(PodUse::ephemeralBytes).sum()
                    < settings.defaults().ephemeralStorageBytes())
        .ifPresent(_ -> reasons.add("has too little ephemeral storage left"));
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", reasons));
  }

  private Optional<String> tainted(List<Taint> taints) {
    return Optional.of(
        "tainted: "
            + taints.stream()
                .filter(taint -> !tolerated(List.of(taint), List.of()))
                .map(taint -> taint.getKey() + ":" + taint.getEffect())
                .collect(Collectors.joining(", ")));
  }

  private static long cpuMilli(io.fabric8.kubernetes.api.model.Node node) {
    Quantity cpu = node.getStatus().getAllocatable().get("cpu");
    return cpu == null ? 0 : cpu.getNumericalAmount().movePointRight(3).longValue();
  }

  private static Optional<Long> amount(io.fabric8.kubernetes.api.model.Node node, String resource) {
    return Optional.ofNullable(node.getStatus().getAllocatable().get(resource))
        .map(quantity -> quantity.getNumericalAmount().longValue());
  }
}
