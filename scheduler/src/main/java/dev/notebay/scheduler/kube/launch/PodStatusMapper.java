package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a pod of ours says about its runtime.
 *
 * <ol>
 *   <li>A pod that has finished has ended, for the reason that {@link PodEnd} reads.
 *   <li>What was on a node that is gone or out of service has ended with it. What is on a silent
 *       node may still run.
 *   <li>A pod that is being deleted may still run.
 *   <li>What a container waits for, conditions and trouble that others tell of say how far the
 *       start is, and what is in its way.
 *   <li>A kernel's container that has been up for longer than a kernel takes to start is running.
 * </ol>
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/">Pod
 *     lifecycle</a>
 */
public final class PodStatusMapper {
  private static final String TRUE = "True";

  private PodStatusMapper() {}

  /** Which runtime a pod is; empty for one that is none of ours. */
  public static Optional<RuntimeName> nameOf(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels != null && Labels.NOTEBAY.equals(labels.get(Labels.MANAGED_BY))
        ? RuntimeName.parse(pod.getMetadata().getName())
        : Optional.empty();
  }

  /**
   * The runtime of a pod.
   *
   * @param trouble what the cluster says is in the way of its volume or sandbox; may be empty
   * @param node of the pod; of no matter while it is bound to none
   */
  public static RuntimeView map(
      RuntimeName name, Pod pod, String trouble, NodeFate node, Instant now) {
    PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
    Optional<String> boundTo =
        Optional.ofNullable(pod.getSpec().getNodeName()).filter(each -> !each.isEmpty());
    if (PodEnd.hasEnded(status)) {
      return PodEnd.of(name, pod, boundTo.orElse("its node"), now);
    }
    if (boundTo.isPresent() && node.isLost()) {
      return new RuntimeView.Ended(name, EndReason.NODE_LOST, lost(boundTo.get(), node), now);
    }
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return new RuntimeView.Running(name);
    }
    Instant created = instant(pod.getMetadata().getCreationTimestamp()).orElse(now);
    return boundTo.isEmpty()
        ? scheduling(name, status, created)
        : starting(name, pod, status, trouble, created, now);
  }

  private static RuntimeView scheduling(RuntimeName name, PodStatus status, Instant created) {
    String message =
        condition(status, "PodScheduled")
            .filter(each -> !TRUE.equals(each.getStatus()))
            .map(each -> joined(each.getReason(), each.getMessage()))
            .orElse("");
    return at(name, StartPhase.SCHEDULING, created, message);
  }

  private static RuntimeView starting(
      RuntimeName name, Pod pod, PodStatus status, String trouble, Instant created, Instant now) {
    Instant scheduled = since(status, "PodScheduled").orElse(created);
    Optional<ContainerStatus> agent = container(status.getInitContainerStatuses(), PodParts.AGENT);
    Optional<ContainerStatus> kernel = container(status.getContainerStatuses(), PodParts.KERNEL);
    Optional<Instant> kernelUp = kernel.flatMap(PodStatusMapper::startedAt);
    if (kernelUp.isPresent()) {
      return kernelUp.get().plus(StartPhase.KERNEL.limit()).isAfter(now)
          ? at(name, StartPhase.KERNEL, kernelUp.get(), "")
          : new RuntimeView.Running(name);
    }
    boolean agentStarted = agent.map(each -> Boolean.TRUE.equals(each.getStarted())).orElse(false);
    if (agentStarted) {
      Instant since = since(status, "Initialized").or(() -> startedAt(agent)).orElse(scheduled);
      return waiting(name, kernel, since);
    }
    Optional<Instant> agentUp = startedAt(agent);
    if (agentUp.isPresent()) {
      return at(
          name, StartPhase.CLAIM, agentUp.get(), agent.map(PodStatusMapper::restarts).orElse(""));
    }
    if (agent.isPresent()
        && agent.get().getLastState() != null
        && agent.get().getLastState().getTerminated() != null) {
      return at(name, StartPhase.CLAIM, scheduled, restarts(agent.get()));
    }
    if (TRUE.equals(
        condition(status, "PodReadyToStartContainers").map(PodCondition::getStatus).orElse(""))) {
      return waiting(name, agent, since(status, "PodReadyToStartContainers").orElse(scheduled));
    }
    Optional<RuntimeView> blocked =
        agent
            .map(ContainerStatus::getState)
            .map(state -> state.getWaiting())
            .flatMap(each -> ContainerTrouble.of(each.getReason()))
            .map(_ -> waiting(name, agent, scheduled));
    return blocked.orElseGet(() -> at(name, beforeImages(pod), scheduled, trouble));
  }

  /** What its kubelet does first: a pod without a volume of a person's waits for none. */
  private static StartPhase beforeImages(Pod pod) {
    return pod.getSpec().getVolumes().stream()
            .anyMatch(volume -> volume.getPersistentVolumeClaim() != null)
        ? StartPhase.VOLUME
        : StartPhase.CONTAINER;
  }

  /** A container is not up: what its state says, or that it is being pulled. */
  private static RuntimeView waiting(
      RuntimeName name, Optional<ContainerStatus> container, Instant since) {
    @Nullable ContainerStateWaiting state =
        container.map(ContainerStatus::getState).map(each -> each.getWaiting()).orElse(null);
    if (state == null) {
      return at(name, StartPhase.IMAGE, since, "");
    }
    return ContainerTrouble.of(state.getReason())
        .map(
            trouble ->
                (RuntimeView)
                    new RuntimeView.Starting(
                        name,
                        trouble.phase(),
                        since,
                        trouble.explain(
                            container.map(ContainerStatus::getImage).orElse(""),
                            state.getMessage()),
                        trouble.hopeless(state.getMessage())))
        .orElseGet(() -> at(name, StartPhase.IMAGE, since, ""));
  }

  private static String restarts(ContainerStatus agent) {
    var last = agent.getLastState() == null ? null : agent.getLastState().getTerminated();
    return last == null
        ? ""
        : "its agent was started again after "
            + joined(last.getReason(), "exit code " + last.getExitCode());
  }

  private static String lost(String node, NodeFate fate) {
    return fate == NodeFate.GONE
        ? "its node " + node + " is gone from the cluster"
        : "its node " + node + " was taken out of service";
  }

  private static RuntimeView at(RuntimeName name, StartPhase phase, Instant since, String message) {
    return new RuntimeView.Starting(name, phase, since, message, Optional.empty());
  }

  private static Optional<ContainerStatus> container(
      @Nullable List<ContainerStatus> statuses, String name) {
    return statuses == null
        ? Optional.empty()
        : statuses.stream().filter(each -> name.equals(each.getName())).findFirst();
  }

  private static Optional<Instant> startedAt(Optional<ContainerStatus> container) {
    return container.flatMap(PodStatusMapper::startedAt);
  }

  private static Optional<Instant> startedAt(ContainerStatus container) {
    return container.getState() == null || container.getState().getRunning() == null
        ? Optional.empty()
        : instant(container.getState().getRunning().getStartedAt());
  }

  private static Optional<PodCondition> condition(PodStatus status, String type) {
    return status.getConditions().stream().filter(each -> type.equals(each.getType())).findFirst();
  }

  private static Optional<Instant> since(PodStatus status, String condition) {
    return condition(status, condition)
        .filter(each -> TRUE.equals(each.getStatus()))
        .flatMap(each -> instant(each.getLastTransitionTime()));
  }

  static Optional<Instant> instant(@Nullable String text) {
    return Optional.ofNullable(text).map(Instant::parse);
  }

  /** For people; an absent part is left out. */
  static String joined(@Nullable String reason, @Nullable String message) {
    if (reason == null || reason.isEmpty()) {
      return message == null ? "" : message;
    }
    return message == null || message.isEmpty() ? reason : reason + ": " + message;
  }
}
