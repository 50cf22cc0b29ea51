package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the cluster says is in the way of pods that wait for their volume or sandbox, which their
 * status does not say: asked for now and then, and only while there are such pods.
 */
final class StartTroubles {
  private static final Duration BETWEEN = Duration.ofSeconds(10);

  private final PodCalls calls;
  private final Attempts attempts;

  /** What was warned of, by the name of the pod. */
  private volatile Map<String, List<Event>> warnings = Map.of();

  /** Why claims have no storage, by their name; empty for one that has. */
  private volatile Map<String, String> unbound = Map.of();

  StartTroubles(PodCalls calls, Attempts attempts) {
    this.calls = calls;
    this.attempts = attempts;
  }

  /** What was in the pod's way when it was asked last, for people; may be empty. */
  String of(Pod pod) {
    return claimOf(pod)
        .map(claim -> unbound.getOrDefault(claim, ""))
        .filter(why -> !why.isEmpty())
        // That its claim is unbound a pod's events say, too, but not why.
        .orElseGet(
            () ->
                VolumeTrouble.message(
                    warnings.getOrDefault(pod.getMetadata().getName(), List.of())));
  }

  /** Asks what is in the way of these. */
  void ask(Collection<Pod> waiting) {
    if (waiting.isEmpty()) {
      return;
    }
    // One question for all: to answer it the API server reads every event that there is.
    attempts.begin("events of pods", BETWEEN, () -> warnings = calls.warnings());
    Set<String> claims =
        waiting.stream().flatMap(pod -> claimOf(pod).stream()).collect(Collectors.toSet());
    if (!claims.isEmpty()) {
      attempts.begin("claims", BETWEEN, () -> unbound = reasons(claims));
    }
  }

  private Map<String, String> reasons(Set<String> claims) {
    Map<String, List<Event>> events = calls.eventsOfClaims();
    return claims.stream()
        .collect(
            Collectors.toMap(
                Function.identity(),
                name ->
                    UnboundClaim.reason(
                        name, calls.findClaim(name), events.getOrDefault(name, List.of()))));
  }

  private static Optional<String> claimOf(Pod pod) {
    return pod.getSpec().getVolumes().stream()
        .filter(volume -> volume.getPersistentVolumeClaim() != null)
        .map(volume -> volume.getPersistentVolumeClaim().getClaimName())
        .findFirst();
  }
}
