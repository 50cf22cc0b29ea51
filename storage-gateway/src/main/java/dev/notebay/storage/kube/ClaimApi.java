package dev.notebay.storage.kube;

import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.StorageException.ClaimUnusable;
import dev.notebay.storage.core.volume.StorageException.ClusterUnavailable;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The claims of one namespace, each call one request; what goes wrong is told in our words. */
final class ClaimApi {
  private static final int UNPROCESSABLE = 422;

  /** Asking again changes nothing about these. */
  private static final Set<Integer> REFUSALS =
      Set.of(
          HttpURLConnection.HTTP_BAD_REQUEST,
          HttpURLConnection.HTTP_FORBIDDEN,
          HttpURLConnection.HTTP_NOT_FOUND,
          UNPROCESSABLE);

  private final KubernetesClient client;
  private final String namespace;

  ClaimApi(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  Optional<PersistentVolumeClaim> find(String name) {
    return Optional.ofNullable(
        told(
            name,
            () -> client.persistentVolumeClaims().inNamespace(namespace).withName(name).get()));
  }

  List<PersistentVolumeClaim> list(Map<String, String> labels) {
    return told(
        "list",
        () ->
            client
                .persistentVolumeClaims()
                .inNamespace(namespace)
                .withLabels(labels)
                .list()
                .getItems());
  }

  /** Empty where there is one of this name. */
  Optional<PersistentVolumeClaim> create(PersistentVolumeClaim claim) {
    return told(
        claim.getMetadata().getName(),
        () -> {
          try {
            return Optional.of(
                client.persistentVolumeClaims().inNamespace(namespace).resource(claim).create());
          } catch (KubernetesClientException failure) {
            if (failure.getCode() == HttpURLConnection.HTTP_CONFLICT) {
              return Optional.empty();
            }
            throw failure;
          }
        });
  }

  void annotate(String name, String key, String value) {
    patch(
        name,
        new PersistentVolumeClaimBuilder()
            .withNewMetadata()
            .withAnnotations(Map.of(key, value))
            .endMetadata()
            .build());
  }

  /** Sets what {@code part} has and leaves the rest. */
  void patch(String name, PersistentVolumeClaim part) {
    told(
        name,
        () ->
            client
                .persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(name)
                .patch(
                    PatchContext.of(PatchType.JSON_MERGE),
                    client.getKubernetesSerialization().asJson(part)));
  }

  /** Deletes this very claim: another that has come under its name stays. */
  void delete(PersistentVolumeClaim claim) {
    String name = claim.getMetadata().getName();
    told(
        name,
        () -> {
          try {
            return client.raw(
                "/api/v1/namespaces/" + namespace + "/persistentvolumeclaims/" + name,
                "DELETE",
                new DeleteOptionsBuilder()
                    .withNewPreconditions()
                    .withUid(claim.getMetadata().getUid())
                    .endPreconditions()
                    .build());
          } catch (KubernetesClientException failure) {
            if (failure.getCode() == HttpURLConnection.HTTP_CONFLICT
                || failure.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
              return "";
            }
            throw failure;
          }
        });
  }

  private static <T> T told(String claim, Supplier<T> request) {
    try {
      return request.get();
    } catch (KubernetesClientException failure) {
      throw told(claim, failure);
    }
  }

  private static StorageException told(String claim, KubernetesClientException failure) {
    String why =
        failure.getStatus() != null && failure.getStatus().getMessage() != null
            ? failure.getStatus().getMessage()
            : String.valueOf(failure.getMessage());
    return REFUSALS.contains(failure.getCode())
        ? new ClaimUnusable(claim, why)
        : new ClusterUnavailable(why, failure);
  }
}
