package dev.notebay.storage.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.ClaimCounts;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.StorageException.ClaimUnusable;
import dev.notebay.storage.core.volume.StorageException.ClusterUnavailable;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeLife;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeUid;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ResourceQuotaStatusBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ClaimTreeTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final String GROWS = "grows";
  private static final VolumePolicy POLICY =
      new VolumePolicy(new Quota(15L << 30), 10, Duration.ofDays(30));

  private final Volume volume = volume(new Quota(0));
  private ClaimSettings settings = settings("notebay");
  private ClaimTree tree = tree(settings);

  private static ClaimSettings settings(String installation) {
    return new ClaimSettings(
        installation, CLUSTER.namespace(), Optional.of(GROWS), "ReadWriteOnce");
  }

  private static ClaimTree tree(ClaimSettings settings) {
    return new ClaimTree(CLUSTER.client(), settings, POLICY);
  }

  private static Volume volume(Quota quota) {
    return new Volume(
        new VolumeUid(UUID.randomUUID()),
        new Owner("ada@example.org"),
        new VolumeId("drive"),
        "",
        AccessMode.MULTI_WRITER,
        quota,
        new VolumeLife.Active(),
        Instant.EPOCH,
        Instant.EPOCH,
        1);
  }

  @BeforeEach
  void aClassWhoseClaimsMayGrow() {
    settings = settings("notebay");
    tree = tree(settings);
    if (CLUSTER.client().storage().v1().storageClasses().withName(GROWS).get() == null) {
      CLUSTER
          .client()
          .resource(
              new StorageClassBuilder()
                  .withNewMetadata()
                  .withName(GROWS)
                  .endMetadata()
                  .withProvisioner("example.org/none")
                  .withAllowVolumeExpansion(true)
                  .withVolumeBindingMode("WaitForFirstConsumer")
                  .build())
          .create();
    }
  }

  private static Resource<PersistentVolumeClaim> resource(Volume which) {
    return CLUSTER
        .client()
        .persistentVolumeClaims()
        .inNamespace(CLUSTER.namespace())
        .withName("volume-" + which.uid());
  }

  private PersistentVolumeClaim claim() {
    return resource(volume).get();
  }

  /** Does what the cluster's volume controller does. */
  private void becomes(String phase) {
    becomes(volume, phase);
  }

  private static void becomes(Volume which, String phase) {
    resource(which)
        .editStatus(
            claim ->
                new PersistentVolumeClaimBuilder(claim)
                    .editOrNewStatus()
                    .withPhase(phase)
                    .withCapacity(Map.of("storage", new Quantity("15Gi")))
                    .endStatus()
                    .build());
  }

  @Test
  void aVolumeBecomesOneClaimAsLargeAsItsQuotaHoweverOftenItIsAskedFor() {
    tree.ensure(volume);
    String uid = claim().getMetadata().getUid();
    tree.ensure(volume);
    tree(settings).ensure(volume);
    PersistentVolumeClaim claim = claim();
    assertThat(claim.getMetadata().getUid()).isEqualTo(uid);
    assertThat(claim.getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/managed-by", "notebay")
        .containsEntry("notebay.dev/installation", "notebay")
        .containsEntry("notebay.dev/volume", "drive");
    assertThat(claim.getMetadata().getAnnotations())
        .containsEntry("notebay.dev/owner", "ada@example.org");
    assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOnce");
    assertThat(claim.getSpec().getStorageClassName()).isEqualTo(GROWS);
    assertThat(Claims.requested(claim)).isEqualTo(15L << 30);
  }

  @Test
  void aRuntimeIsToldTheClaimAndTheClaimItsNode() {
    tree.ensure(volume);
    assertThat(tree.offer(volume, "gpu-1")).isEqualTo("claim:volume-" + volume.uid());
    assertThat(claim().getMetadata().getAnnotations())
        .containsEntry("volume.kubernetes.io/selected-node", "gpu-1");
    tree.offer(volume, "gpu-2");
    assertThat(claim().getMetadata().getAnnotations())
        .containsEntry("volume.kubernetes.io/selected-node", "gpu-2")
        .containsEntry("notebay.dev/owner", "ada@example.org");
    becomes("Bound");
    tree.offer(volume, "gpu-3");
    assertThat(claim().getMetadata().getAnnotations())
        .containsEntry("volume.kubernetes.io/selected-node", "gpu-2");
  }

  @Test
  void aClaimThatHasLostItsStorageIsNotOfferedAndSaysWhatToDo() {
    tree.ensure(volume);
    becomes("Lost");
    assertThatThrownBy(() -> tree.offer(volume, "gpu-1"))
        .isInstanceOf(ClaimUnusable.class)
        .hasMessageContaining("volume-" + volume.uid())
        .hasMessageContaining("Lost")
        .hasMessageContaining("restore the PersistentVolume");
  }

  @Test
  void aLargerQuotaGrowsABoundClaimAndASmallerOneChangesNothing() {
    tree.ensure(volume);
    becomes("Bound");
    tree.grow(volume.with("", new Quota(20L << 30), Instant.EPOCH));
    assertThat(Claims.requested(claim())).isEqualTo(20L << 30);
    tree.grow(volume.with("", new Quota(1L << 30), Instant.EPOCH));
    assertThat(Claims.requested(claim())).isEqualTo(20L << 30);
  }

  @Test
  void aQuotaThatGrewWhileTheClaimHadNoStorageIsMadeUpForLater() {
    tree.ensure(volume);
    Volume larger = volume.with("", new Quota(20L << 30), Instant.EPOCH);
    tree.grow(larger);
    assertThat(Claims.requested(claim())).isEqualTo(15L << 30);
    becomes("Bound");
    tree.ensure(larger);
    assertThat(Claims.requested(claim())).isEqualTo(20L << 30);
  }

  @Test
  void aPurgedVolumesClaimIsDeletedAndGoneOnlyWhenNoPodHasIt() {
    tree.ensure(volume);
    resource(volume)
        .edit(
            claim ->
                new PersistentVolumeClaimBuilder(claim)
                    .editMetadata()
                    .addToFinalizers("kubernetes.io/pvc-protection")
                    .endMetadata()
                    .build());
    assertThat(tree.remove(volume.uid())).isFalse();
    assertThat(tree.remove(volume.uid())).isFalse();
    assertThatThrownBy(() -> tree.ensure(volume)).hasMessageContaining("being deleted");
    resource(volume)
        .edit(
            claim ->
                new PersistentVolumeClaimBuilder(claim)
                    .editMetadata()
                    .withFinalizers()
                    .endMetadata()
                    .build());
    assertThat(tree.remove(volume.uid())).isTrue();
    assertThat(claim()).isNull();
    assertThat(tree.remove(volume.uid())).isTrue();
  }

  @Test
  void aClaimThatSomebodyElseMadeIsNeitherUsedNorDeleted() {
    tree(settings("another")).ensure(volume);
    assertThatThrownBy(() -> tree.ensure(volume))
        .isInstanceOf(ClaimUnusable.class)
        .hasMessageContaining("somebody else");
    assertThatThrownBy(() -> tree.offer(volume, "gpu-1")).isInstanceOf(ClaimUnusable.class);
    assertThat(tree.remove(volume.uid())).isTrue();
    assertThat(claim()).isNotNull();
  }

  @Test
  void onlyTheVeryClaimThatWasSeenIsDeleted() {
    CLUSTER.requireReal("a delete with a precondition on the uid");
    tree.ensure(volume);
    PersistentVolumeClaim seen = claim();
    resource(volume).withGracePeriod(0).delete();
    // The protection of claims in use would be taken off by a controller.
    if (claim() != null) {
      resource(volume)
          .edit(
              claim ->
                  new PersistentVolumeClaimBuilder(claim)
                      .editMetadata()
                      .withFinalizers()
                      .endMetadata()
                      .build());
    }
    tree.ensure(volume);
    new ClaimApi(CLUSTER.client(), CLUSTER.namespace()).delete(seen);
    assertThat(claim().getMetadata().getUid()).isNotEqualTo(seen.getMetadata().getUid());
    assertThat(claim().getMetadata().getDeletionTimestamp()).isNull();
  }

  @Test
  void whatTheClusterRefusesIsToldInItsWords() {
    CLUSTER.requireReal("a ResourceQuota and a class that forbids growing");
    String full = CLUSTER.namespace() + "-full";
    KubernetesClient client = CLUSTER.client();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(full).endMetadata().build())
        .create();
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("none")
                .withNamespace(full)
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of("persistentvolumeclaims", new Quantity("0")))
                .endSpec()
                .build())
        .create();
    client
        .resourceQuotas()
        .inNamespace(full)
        .withName("none")
        .editStatus(
            quota -> {
              quota.setStatus(
                  new ResourceQuotaStatusBuilder()
                      .withHard(Map.of("persistentvolumeclaims", new Quantity("0")))
                      .withUsed(Map.of("persistentvolumeclaims", new Quantity("0")))
                      .build());
              return quota;
            });
    var there = new ClaimSettings("notebay", full, Optional.empty(), "ReadWriteOnce");
    assertThatThrownBy(() -> tree(there).ensure(volume))
        .isInstanceOf(ClaimUnusable.class)
        .hasMessageContaining("exceeded quota");
    var nowhere = new ClaimSettings("notebay", "not-there", Optional.empty(), "ReadWriteOnce");
    assertThatThrownBy(() -> tree(nowhere).ensure(volume))
        .isInstanceOf(ClaimUnusable.class)
        .hasMessageContaining("not-there");
  }

  @Test
  void aVolumeThatMayNotGrowIsMountedAllTheSame() {
    CLUSTER.requireReal("a class that forbids growing");
    var fixed =
        new ClaimSettings("notebay", CLUSTER.namespace(), Optional.of("fixed"), "ReadWriteOnce");
    tree(fixed).ensure(volume);
    becomes("Bound");
    Volume larger = volume.with("", new Quota(20L << 30), Instant.EPOCH);
    assertThatThrownBy(() -> tree(fixed).grow(larger)).isInstanceOf(ClaimUnusable.class);
    tree(fixed).ensure(larger);
    assertThat(tree(fixed).offer(larger, "gpu-1")).startsWith("claim:");
  }

  @Test
  void claimsAreCountedByWhatPeopleWaitForAndNotTooOften() {
    var ours = settings("counted");
    Volume unused = volume(new Quota(0));
    Volume bound = volume(new Quota(0));
    Volume lost = volume(new Quota(0));
    for (Volume each : List.of(volume, unused, bound, lost)) {
      tree(ours).ensure(each);
    }
    tree(ours).offer(volume, "gpu-1");
    becomes(bound, "Bound");
    becomes(lost, "Lost");
    var counts = new ClaimCounts();
    var census = new ClaimCensus(CLUSTER.client(), ours, counts);
    Instant now = Instant.EPOCH;
    census.runOnce(now);
    assertThat(counts.last()).isEqualTo(new ClaimCounts.Counts(1, 1, 1, 1));
    becomes("Bound");
    census.runOnce(now.plusSeconds(59));
    assertThat(counts.last().waiting()).isEqualTo(1);
    census.runOnce(now.plusSeconds(60));
    assertThat(counts.last()).isEqualTo(new ClaimCounts.Counts(1, 0, 2, 1));
  }

  @Test
  void aClusterThatDoesNotAnswerIsToBeAskedAgain() {
    var away = new ConfigBuilder(CLUSTER.config()).withMasterUrl("https://127.0.0.1:1").build();
    try (KubernetesClient client = ClusterClient.of(away)) {
      assertThatThrownBy(() -> new ClaimTree(client, settings, POLICY).ensure(volume))
          .isInstanceOf(ClusterUnavailable.class);
    }
  }
}
