package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The requests that a launcher makes of the API server, each of which may be repeated. */
final class PodCalls {
  private static final int CONFLICT = HttpURLConnection.HTTP_CONFLICT;
  private static final int NOT_FOUND = HttpURLConnection.HTTP_NOT_FOUND;

  private final KubernetesClient client;
  private final String namespace;

  PodCalls(KubernetesClient client, KubeSettings settings) {
    this.client = client;
    this.namespace = settings.namespace();
  }

  Optional<Pod> find(String name) {
    return Optional.ofNullable(client.pods().inNamespace(namespace).withName(name).get());
  }

  Optional<Node> findNode(String name) {
    return Optional.ofNullable(client.nodes().withName(name).get());
  }

  /** The pod as it is now, made by this call or before. */
  Pod create(Pod pod) {
    try {
      return client.pods().inNamespace(namespace).resource(pod).create();
    } catch (KubernetesClientException refused) {
      if (refused.getCode() != CONFLICT) {
        throw refused;
      }
      return find(pod.getMetadata().getName()).orElseThrow(() -> refused);
    }
  }

  /** Has the pod run on a node; nothing happens to one that is bound already, or gone. */
  void bind(Pod pod, String node) {
    var binding =
        new BindingBuilder()
            .withNewMetadata()
            .withName(pod.getMetadata().getName())
            .withNamespace(namespace)
            .withUid(pod.getMetadata().getUid())
            .endMetadata()
            .withNewTarget()
            .withApiVersion("v1")
            .withKind("Node")
            .withName(node)
            .endTarget()
            .build();
    try {
      client.raw(path(pod.getMetadata().getName()) + "/binding", "POST", binding);
    } catch (KubernetesClientException refused) {
      if (refused.getCode() != CONFLICT && refused.getCode() != NOT_FOUND) {
        throw refused;
      }
    }
  }

  /**
   * Deletes this very pod, and no other that may have its name by now.
   *
   * @param graceSeconds for its containers; 0 takes it out of the cluster whatever its node says
   */
  void delete(Pod pod, Optional<Long> graceSeconds) {
    DeleteOptions options =
        new DeleteOptionsBuilder()
            .withApiVersion("v1")
            .withKind("DeleteOptions")
            .withGracePeriodSeconds(graceSeconds.orElse(null))
            .withNewPreconditions()
            .withUid(pod.getMetadata().getUid())
            .endPreconditions()
            .build();
    try {
      client.raw(path(pod.getMetadata().getName()), "DELETE", options);
    } catch (KubernetesClientException refused) {
      if (refused.getCode() != CONFLICT && refused.getCode() != NOT_FOUND) {
        throw refused;
      }
    }
  }

  /** The events of a pod; of those with the same name before it, too. */
  List<Event> events(String name) {
    return client
        .v1()
        .events()
        .inNamespace(namespace)
        .withFields(Map.of("involvedObject.kind", "Pod", "involvedObject.name", name))
        .list()
        .getItems();
  }

  /** Whether a pod is of that installation, and not only of the same name. */
  static boolean isOf(Pod pod, KubeSettings settings) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels != null
        && Labels.NOTEBAY.equals(labels.get(Labels.MANAGED_BY))
        && settings.installation().equals(labels.get(Labels.INSTALLATION));
  }

  private String path(String pod) {
    return "/api/v1/namespaces/" + namespace + "/pods/" + pod;
  }
}
