package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pod requests altogether, counted as Kubernetes' own scheduler does.
 *
 * <ol>
 *   <li>Containers and sidecars (init containers that restart always) run together: their sum.
 *   <li>Each other init container runs alone with the sidecars that stand before it: the most of
 *       these, if it is more.
 *   <li>What the pod requests as a whole stands instead of that.
 *   <li>The runtime class' overhead comes on top.
 * </ol>
 *
 * A container that is being resized counts with the greater of what it asks for and what it has.
 *
 * @see <a
 *     href="https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/component-helpers/resource/helpers.go">component-helpers/resource</a>
 */
public final class PodRequests {
  private static final String ALWAYS = "Always";

  private PodRequests() {}

  /** Amounts by resource; CPU in cores, memory and storage in bytes. */
  public static Map<String, BigDecimal> of(Pod pod) {
    PodSpec spec = pod.getSpec();
    Map<String, Map<String, BigDecimal>> allocated = allocated(pod);
    Map<String, BigDecimal> together = new HashMap<>();
    spec.getContainers().forEach(container -> addAll(together, requests(container, allocated)));
    Map<String, BigDecimal> sidecars = new HashMap<>();
    Map<String, BigDecimal> alone = new HashMap<>();
    for (Container init : spec.getInitContainers()) {
      Map<String, BigDecimal> requests = requests(init, allocated);
      if (ALWAYS.equals(init.getRestartPolicy())) {
        addAll(together, requests);
        addAll(sidecars, requests);
        raise(alone, sidecars);
      } else {
        Map<String, BigDecimal> withSidecars = new HashMap<>(sidecars);
        addAll(withSidecars, requests);
        raise(alone, withSidecars);
      }
    }
    raise(together, alone);
    if (spec.getResources() != null) {
      together.putAll(amounts(spec.getResources().getRequests()));
    }
    addAll(together, amounts(spec.getOverhead()));
    return together;
  }

  private static Map<String, BigDecimal> requests(
      Container container, Map<String, Map<String, BigDecimal>> allocated) {
    Map<String, BigDecimal> requests =
        container.getResources() == null
            ? new HashMap<>()
            : amounts(container.getResources().getRequests());
    raise(requests, allocated.getOrDefault(container.getName(), Map.of()));
    return requests;
  }

  private static Map<String, Map<String, BigDecimal>> allocated(Pod pod) {
    if (pod.getStatus() == null) {
      return Map.of();
    }
    List<ContainerStatus> statuses = new ArrayList<>(pod.getStatus().getContainerStatuses());
    statuses.addAll(pod.getStatus().getInitContainerStatuses());
    Map<String, Map<String, BigDecimal>> allocated = new HashMap<>();
    for (ContainerStatus status : statuses) {
      allocated.put(status.getName(), amounts(status.getAllocatedResources()));
    }
    return allocated;
  }

  private static Map<String, BigDecimal> amounts(@Nullable Map<String, Quantity> quantities) {
    Map<String, BigDecimal> amounts = new HashMap<>();
    Objects.requireNonNullElse(quantities, Map.<String, Quantity>of())
        .forEach((name, quantity) -> amounts.put(name, quantity.getNumericalAmount()));
    return amounts;
  }

  private static void addAll(Map<String, BigDecimal> sum, Map<String, BigDecimal> more) {
    more.forEach((name, amount) -> sum.merge(name, amount, BigDecimal::add));
  }

  private static void raise(Map<String, BigDecimal> most, Map<String, BigDecimal> other) {
    other.forEach((name, amount) -> most.merge(name, amount, BigDecimal::max));
  }
}
