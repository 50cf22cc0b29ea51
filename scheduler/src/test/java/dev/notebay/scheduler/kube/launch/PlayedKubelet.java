package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.Map;

/**
 * Does what a node's kubelet does, when it is asked to: starts the pods that are bound to it, and
 * lets go of those that are to be deleted. On the mock, which knows no binding, it takes every pod
 * that is meant for its node.
 */
final class PlayedKubelet {
  private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");

  private final KubernetesClient client;
  private final String namespace;
  private final String node;
  private final boolean binds;

  PlayedKubelet(Cluster cluster, String node) {
    this.client = cluster.client();
    this.namespace = cluster.namespace();
    this.node = node;
    this.binds = !cluster.isReal();
    client
        .nodes()
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(node)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build())
        .createOr(existing -> existing.update());
  }

  void runOnce() {
    for (Pod pod : client.pods().inNamespace(namespace).list().getItems()) {
      if (binds && pod.getSpec().getNodeName() == null && isMeant(pod)) {
        client
            .pods()
            .inNamespace(namespace)
            .withName(pod.getMetadata().getName())
            .edit(
                each ->
                    new io.fabric8.kubernetes.api.model.PodBuilder(each)
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build());
      } else if (node.equals(pod.getSpec().getNodeName())) {
        sync(pod);
      }
    }
  }

  private static boolean isMeant(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(Labels.NODE);
  }

  private void sync(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      client
          .pods()
          .inNamespace(namespace)
          .withName(pod.getMetadata().getName())
          .withGracePeriod(0)
          .delete();
    } else if (pod.getStatus() == null
        || pod.getStatus().getPhase() == null
        || pod.getStatus().getPhase().equals("Pending")) {
      say(pod, "Running");
    }
  }

  /** Says that everything in the pod has come to this. */
  void say(Pod pod, String phase) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(pod.getMetadata().getName())
        .editStatus(
            each ->
                new io.fabric8.kubernetes.api.model.PodBuilder(each)
                    .withNewStatus()
                    .withPhase(phase)
                    .addNewContainerStatus()
                    .withName(PodParts.KERNEL)
                    .withImage("image")
                    .withImageID("image")
                    .withReady(phase.equals("Running"))
                    .withRestartCount(0)
                    .withNewState()
                    .withNewRunning(LONG_AGO.toString())
                    .endState()
                    .endContainerStatus()
                    .endStatus()
                    .build());
  }
}
