package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** From pods to the little that is kept of them. */
final class PodMapper {
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  private final String installation;
  private final String namespace;

  PodMapper(String installation, String namespace) {
    this.installation = installation;
    this.namespace = namespace;
  }

  /** Whether it is the pod of a session of this installation. */
  boolean isOurs(Pod pod) {
    ObjectMeta meta = pod.getMetadata();
    Map<String, String> labels = Objects.requireNonNullElse(meta.getLabels(), Map.of());
    // Whoever may write elsewhere could otherwise hide what they use.
    return namespace.equals(meta.getNamespace())
        && Labels.NOTEBAY.equals(labels.get(Labels.MANAGED_BY))
        && installation.equals(labels.get(Labels.INSTALLATION));
  }

  /** What it has of its node; empty where it is on none yet, or over. */
  Optional<PodUse> use(Pod pod) {
    String node = pod.getSpec().getNodeName();
    if (node == null || node.isEmpty() || isOver(pod)) {
      return Optional.empty();
    }
    Map<String, Long> extended = new HashMap<>();
    Map<String, BigDecimal> requests = PodRequests.of(pod);
    requests.forEach(
        (name, amount) -> {
          if (isExtended(name) && amount.signum() > 0) {
            extended.put(name, amount.longValue());
          }
        });
    boolean ours = isOurs(pod);
    return Optional.of(
        new PodUse(
            key(pod),
            node,
            whole(requests, "cpu", 3),
            whole(requests, "memory", 0),
            whole(requests, "ephemeral-storage", 0),
            extended,
            ours,
            ours ? devices(pod) : Set.of()));
  }

  /** Whether it is as we have made it, and nothing has come of it yet. */
  static boolean isOnlyMade(Pod pod) {
    PodStatus status = pod.getStatus();
    return pod.getMetadata().getDeletionTimestamp() == null
        && (status == null
            || (status.getInitContainerStatuses().isEmpty()
                && status.getContainerStatuses().isEmpty()
                && (status.getPhase() == null || "Pending".equals(status.getPhase()))));
  }

  private static boolean isOver(Pod pod) {
    return pod.getStatus() != null
        && pod.getStatus().getPhase() != null
        && OVER.contains(pod.getStatus().getPhase());
  }

  /**
   * A pod of ours without what only a kubelet needs: what is left are its metadata, its claims and
   * node, and its status.
   */
  static Pod trimmed(Pod pod) {
    PodSpec spec = pod.getSpec();
    return new PodBuilder()
        .withMetadata(new ObjectMetaBuilder(pod.getMetadata()).withManagedFields().build())
        .withSpec(
            new PodSpecBuilder()
                .withNodeName(spec.getNodeName())
                .withSchedulerName(spec.getSchedulerName())
                .withRestartPolicy(spec.getRestartPolicy())
                .withVolumes(
                    spec.getVolumes().stream()
                        .filter(volume -> volume.getPersistentVolumeClaim() != null)
                        .toList())
                .build())
        .withStatus(pod.getStatus())
        .build();
  }

  static String key(Pod pod) {
    return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
  }

  private static boolean isExtended(String resource) {
    return resource.contains("/") && !resource.startsWith("kubernetes.io/");
  }

  private static Set<String> devices(Pod pod) {
    Map<String, String> annotations =
        Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
    return Arrays.stream(annotations.getOrDefault(Labels.DEVICES, "").split(","))
        .filter(id -> !id.isEmpty())
        .collect(Collectors.toSet());
  }

  /** Rounded up, as Kubernetes does. */
  private static long whole(Map<String, BigDecimal> amounts, String resource, int digits) {
    return amounts
        .getOrDefault(resource, BigDecimal.ZERO)
        .movePointRight(digits)
        .setScale(0, RoundingMode.CEILING)
        .longValue();
  }
}
