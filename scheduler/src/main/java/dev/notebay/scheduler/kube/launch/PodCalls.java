package dev.notebay.scheduler.kube.launch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

  /** What has to be known of a pod that is there; the rest of the answer is not even read. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Made(Metadata metadata) {
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Metadata(String uid, @Nullable Map<String, String> labels) {}

    /** Whether it is of that installation, and not only of the same name. */
    boolean isOf(KubeSettings settings) {
      return PodCalls.isOf(metadata.labels(), settings);
    }
  }

  /** The pod as it is now, made by this call or before. */
  Made create(Pod pod) {
    try {
      return client
          .getKubernetesSerialization()
          .unmarshal(client.raw(path(), "POST", pod), Made.class);
    } catch (KubernetesClientException refused) {
      if (refused.getCode() != CONFLICT) {
        throw refused;
      }
      ObjectMeta present =
          find(pod.getMetadata().getName()).orElseThrow(() -> refused).getMetadata();
      return new Made(new Made.Metadata(present.getUid(), present.getLabels()));
    }
  }

  /** Has the pod run on a node; nothing happens to one that is bound already, or gone. */
  void bind(String pod, String uid, String node) {
    var binding =
        new BindingBuilder()
            .withNewMetadata()
            .withName(pod)
            .withNamespace(namespace)
            .withUid(uid)
            .endMetadata()
            .withNewTarget()
            .withApiVersion("v1")
            .withKind("Node")
            .withName(node)
            .endTarget()
            .build();
    try {
      client.raw(path() + "/" + pod + "/binding", "POST", binding);
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
      client.raw(path() + "/" + pod.getMetadata().getName(), "DELETE", options);
    } catch (KubernetesClientException refused) {
      if (refused.getCode() != CONFLICT && refused.getCode() != NOT_FOUND) {
        throw refused;
      }
    }
  }

  Optional<PersistentVolumeClaim> findClaim(String name) {
    return Optional.ofNullable(
        client.persistentVolumeClaims().inNamespace(namespace).withName(name).get());
  }

  /** What warns of any pod, by the pod's name; of those with the same name before it, too. */
  Map<String, List<Event>> warnings() {
    return events(Map.of("involvedObject.kind", "Pod", "type", "Warning"));
  }

  /** What was said about any claim, warning or not, by the claim's name. */
  Map<String, List<Event>> eventsOfClaims() {
    return events(Map.of("involvedObject.kind", "PersistentVolumeClaim"));
  }

  private Map<String, List<Event>> events(Map<String, String> fields) {
    return client.v1().events().inNamespace(namespace).withFields(fields).list().getItems().stream()
        .collect(Collectors.groupingBy(event -> event.getInvolvedObject().getName()));
  }

  /** Whether a pod is of that installation, and not only of the same name. */
  static boolean isOf(Pod pod, KubeSettings settings) {
    return isOf(pod.getMetadata().getLabels(), settings);
  }

  private static boolean isOf(@Nullable Map<String, String> labels, KubeSettings settings) {
    return labels != null
        && Labels.NOTEBAY.equals(labels.get(Labels.MANAGED_BY))
        && settings.installation().equals(labels.get(Labels.INSTALLATION));
  }

  private String path() {
    return "/api/v1/namespaces/" + namespace + "/pods";
  }
}
