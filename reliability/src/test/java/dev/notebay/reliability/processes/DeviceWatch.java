package dev.notebay.reliability.processes;

import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.ListWatch;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Hears of every change of a namespace's pods in their order, and notes each device that two pods
 * had at one time: from when a pod is bound until it has finished or is gone.
 */
final class DeviceWatch implements ListWatch.Mirror<Pod>, AutoCloseable {
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  /** Uids of pods by device. */
  private final Map<String, String> holders = new HashMap<>();

  private final Set<String> seen = new HashSet<>();
  private final List<String> doubled = new ArrayList<>();
  private final ListWatch<Pod> watch;

  DeviceWatch(KubernetesClient client, String namespace) {
    watch =
        new ListWatch<>(
            "trial-pods",
            ListWatch.Source.of(client.pods().inNamespace(namespace)),
            this,
            ListWatch.Timing.USUAL);
    watch.start();
  }

  @Override
  public synchronized void put(Pod pod) {
    String uid = pod.getMetadata().getUid();
    String node = pod.getSpec().getNodeName();
    if (node == null || (pod.getStatus() != null && OVER.contains(pod.getStatus().getPhase()))) {
      holders.values().removeIf(uid::equals);
      return;
    }
    seen.add(uid);
    for (String device : devices(pod)) {
      String other = holders.put(node + "/" + device, uid);
      if (other != null && !other.equals(uid)) {
        doubled.add(node + "/" + device + " of pods " + other + " and " + uid);
      }
    }
  }

  static List<String> devices(Pod pod) {
    String ids = pod.getMetadata().getAnnotations().getOrDefault(Labels.DEVICES, "");
    return ids.isEmpty() ? List.of() : List.of(ids.split(","));
  }

  @Override
  public synchronized void remove(Pod pod) {
    holders.values().removeIf(pod.getMetadata().getUid()::equals);
  }

  @Override
  public synchronized void only(Set<String> uids) {
    holders.values().removeIf(uid -> !uids.contains(uid));
  }

  /** What went wrong so far. */
  synchronized List<String> doubled() {
    return List.copyOf(doubled);
  }

  /** How many pods were bound so far. */
  synchronized int bound() {
    return seen.size();
  }

  @Override
  public void close() {
    watch.close();
  }
}
