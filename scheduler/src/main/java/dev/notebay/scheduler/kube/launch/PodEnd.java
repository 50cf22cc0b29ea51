package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Why a pod has ended. */
final class PodEnd {
  private static final String OUT_OF_MEMORY = "OOMKilled";
  private static final int MAXIMUM = 500;

  private PodEnd() {}

  /** Whether nothing of it runs any more, as its kubelet or the cluster says. */
  static boolean hasEnded(PodStatus status) {
    return "Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase());
  }

  static RuntimeView.Ended of(RuntimeName name, Pod pod, String node, Instant now) {
    PodStatus status = pod.getStatus();
    Optional<ContainerStateTerminated> agent =
        terminated(status.getInitContainerStatuses(), PodParts.AGENT);
    Optional<ContainerStateTerminated> kernel =
        terminated(status.getContainerStatuses(), PodParts.KERNEL);
    Instant at =
        Stream.of(kernel, agent)
            .flatMap(Optional::stream)
            .flatMap(each -> PodStatusMapper.instant(each.getFinishedAt()).stream())
            .max(Instant::compareTo)
            .orElse(now);
    return ofPod(name, status, node, at)
        .or(() -> agent.flatMap(each -> toldByAgent(name, each, at)))
        .or(() -> kernel.flatMap(each -> ofKernel(name, each, at)))
        .orElseGet(
            () ->
                new RuntimeView.Ended(
                    name,
                    EndReason.RUNTIME_LOST,
                    shortened(
                        PodStatusMapper.joined(
                            "its pod has ended",
                            PodStatusMapper.joined(status.getReason(), status.getMessage()))),
                    at));
  }

  /** What the kubelet or a controller says of the pod as a whole. */
  private static Optional<RuntimeView.Ended> ofPod(
      RuntimeName name, PodStatus status, String node, Instant at) {
    String message = status.getMessage() == null ? "" : status.getMessage();
    return switch (status.getReason()) {
      case null -> Optional.empty();
      case "Evicted" ->
          ended(
              name,
              EndReason.EVICTED,
              "node " + node + " made room; ask for more memory or less local disk",
              message,
              at);
      case "NodeLost", "NodeShutdown", "Shutdown", "Terminated" ->
          ended(name, EndReason.NODE_LOST, "node " + node + " shut down or was lost", message, at);
      case "Preempting", "Preempted" ->
          ended(name, EndReason.EVICTED, "node " + node + " needed its place", message, at);
      case "DeadlineExceeded" ->
          ended(name, EndReason.MAX_LIFETIME, "its pod's deadline has passed", message, at);
      case "UnexpectedAdmissionError", "TopologyAffinityError", "NodeAffinity", "AppArmor" ->
          refused(name, status.getReason(), node, message, at);
      // OutOfcpu, OutOfmemory, OutOfpods, and so on for every resource.
      case String other when other.startsWith("OutOf") -> refused(name, other, node, message, at);
      case String _ -> Optional.empty();
    };
  }

  private static Optional<RuntimeView.Ended> refused(
      RuntimeName name, String reason, String node, String message, Instant at) {
    String what = "node " + node + " refused it (" + reason + "); try again";
    return ended(name, EndReason.START_FAILED, what, message, at);
  }

  /** The agent's last words, which no kernel can write. */
  private static Optional<RuntimeView.Ended> toldByAgent(
      RuntimeName name, ContainerStateTerminated agent, Instant at) {
    if (agent.getMessage() == null || !agent.getMessage().startsWith("{")) {
      return Optional.empty();
    }
    try {
      var told = Serialization.jsonMapper().readTree(agent.getMessage());
      String reason = told.path("reason").asText();
      return Stream.of(EndReason.values())
          .filter(each -> each.name().equals(reason))
          .findFirst()
          .map(
              each ->
                  new RuntimeView.Ended(name, each, shortened(told.path("message").asText()), at));
    } catch (com.fasterxml.jackson.core.JsonProcessingException cutShort) {
      return Optional.empty();
    }
  }

  private static Optional<RuntimeView.Ended> ofKernel(
      RuntimeName name, ContainerStateTerminated kernel, Instant at) {
    if (OUT_OF_MEMORY.equals(kernel.getReason())) {
      return ended(
          name,
          EndReason.KERNEL_OUT_OF_MEMORY,
          "its kernels used more memory than the session has; ask for more",
          "",
          at);
    }
    return ended(
        name,
        EndReason.RUNTIME_LOST,
        "the kernels' container ended with exit code " + kernel.getExitCode(),
        kernel.getMessage(),
        at);
  }

  private static Optional<RuntimeView.Ended> ended(
      RuntimeName name, EndReason reason, String what, @Nullable String message, Instant at) {
    return Optional.of(
        new RuntimeView.Ended(name, reason, shortened(PodStatusMapper.joined(what, message)), at));
  }

  private static Optional<ContainerStateTerminated> terminated(
      @Nullable List<ContainerStatus> statuses, String name) {
    return Optional.ofNullable(statuses).stream()
        .flatMap(List::stream)
        .filter(each -> name.equals(each.getName()) && each.getState() != null)
        .flatMap(each -> Stream.ofNullable(each.getState().getTerminated()))
        .findFirst();
  }

  private static String shortened(String text) {
    String one = text.strip();
    return one.length() <= MAXIMUM ? one : one.substring(0, MAXIMUM) + "…";
  }
}
