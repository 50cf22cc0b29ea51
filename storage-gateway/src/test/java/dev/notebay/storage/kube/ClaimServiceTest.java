package dev.notebay.storage.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.ListVolumesRequest;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.storage.config.RunningGateway;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole service on a cluster: what callers see of claims. */
class ClaimServiceTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @TempDir Path home = Path.of("");

  private static List<PersistentVolumeClaim> claims() {
    return claimsIn(CLUSTER.namespace());
  }

  private static List<PersistentVolumeClaim> claimsIn(String namespace) {
    return CLUSTER
        .client()
        .persistentVolumeClaims()
        .inNamespace(namespace)
        .withLabel("app.kubernetes.io/managed-by", "notebay")
        .list()
        .getItems();
  }

  @Test
  void aVolumeLivesAsAClaimFromItsCreationToItsPurge() throws Exception {
    try (var postgres = EmbeddedPostgres.builder().start();
        var gateway =
            RunningGateway.onClaims(
                home,
                postgres,
                Map.of(
                    "NOTEBAY_CLAIM_NAMESPACE",
                    CLUSTER.namespace(),
                    "NOTEBAY_TRASH_RETENTION",
                    "PT0S",
                    // The scheduler signs its own tokens beside a people's issuer.
                    "NOTEBAY_OIDC_ISSUER",
                    "https://login.example.org",
                    "NOTEBAY_OIDC_JWKS",
                    "https://login.example.org/keys"),
                ClusterClient.of(CLUSTER.config()))) {
      var ada = gateway.as("ada");
      ada.createVolume(create("data"));
      assertThat(claims()).hasSize(1);
      String claim = claims().getFirst().getMetadata().getName();

      var service = gateway.as("scheduler", RunningGateway.SERVICE);
      UUID session = UUID.randomUUID();
      MountVolumeRequest mount = mount(session, false);
      assertThat(service.mountVolume(mount).getHostPath()).isEqualTo("claim:" + claim);
      assertThat(service.mountVolume(mount).getHostPath()).isEqualTo("claim:" + claim);

      assertThatThrownBy(
              () -> ada.listFiles(ListFilesRequest.newBuilder().setName("volumes/data").build()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              refused -> {
                assertThat(refused.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
                assertThat(ErrorStatus.reasonOf(refused)).contains("FILES_ELSEWHERE");
                assertThat(refused).hasMessageContaining("start a session with this volume");
              });

      service.unmountVolume(
          UnmountVolumeRequest.newBuilder().setSessionId(session.toString()).setAttempt(1).build());
      ada.deleteVolume(DeleteVolumeRequest.newBuilder().setName("volumes/data").build());
      assertThat(claims().getFirst().getMetadata().getDeletionTimestamp()).isNull();
      gateway.emptyTrash();
      assertThat(claims())
          .allSatisfy(each -> assertThat(each.getMetadata().getDeletionTimestamp()).isNotNull());
    }
  }

  @Test
  void aVolumeThatTheClusterRefusesLeavesNothingAndCanBeAskedForAgain() throws Exception {
    CLUSTER.requireReal("a namespace that is not there");
    String namespace = CLUSTER.namespace() + "-later";
    try (var postgres = EmbeddedPostgres.builder().start();
        var gateway =
            RunningGateway.onClaims(
                home,
                postgres,
                Map.of("NOTEBAY_CLAIM_NAMESPACE", namespace),
                ClusterClient.of(CLUSTER.config()))) {
      var ada = gateway.as("ada");
      CreateVolumeRequest request = create("data");
      for (CreateVolumeRequest each : List.of(request, request, create("data"))) {
        assertThatThrownBy(() -> ada.createVolume(each))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                refused -> assertThat(ErrorStatus.reasonOf(refused)).contains("CLAIM_UNUSABLE"))
            .hasMessageContaining(namespace);
        assertThat(ada.listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList())
            .isEmpty();
      }

      var service = gateway.as("scheduler", RunningGateway.SERVICE);
      assertThatThrownBy(() -> service.mountVolume(mount(UUID.randomUUID(), true)))
          .hasMessageContaining(namespace);
      assertThat(ada.listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList())
          .isEmpty();

      CLUSTER
          .client()
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .create();
      Volume made = ada.createVolume(request);
      assertThat(ada.createVolume(request)).isEqualTo(made);
      gateway.emptyTrash();
      assertThat(ada.listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList())
          .containsExactly(made);
      assertThat(claimsIn(namespace)).hasSize(1);
    }
  }

  private static CreateVolumeRequest create(String id) {
    return CreateVolumeRequest.newBuilder()
        .setVolumeId(id)
        .setRequestId(UUID.randomUUID().toString())
        .build();
  }

  private static MountVolumeRequest mount(UUID session, boolean create) {
    return MountVolumeRequest.newBuilder()
        .setOwner("ada")
        .setVolumeId("data")
        .setSessionId(session.toString())
        .setAttempt(1)
        .setNode("gpu-1")
        .setCreateIfMissing(create)
        .build();
  }
}
