package dev.notebay.storage.kube;

import dev.notebay.storage.core.volume.StorageException.ClaimUnusable;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeTree;
import dev.notebay.storage.core.volume.VolumeUid;
import dev.notebay.storage.kube.Claims.Phase;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Optional;

/**
 * One PersistentVolumeClaim per volume, named by the volume's uid, as large as its quota.
 *
 * <p>Always: a claim that this installation did not make is neither used nor changed nor deleted;
 * one is deleted only for a volume that is purging, by its own uid; and doing anything twice is
 * doing it once.
 */
public final class ClaimTree implements VolumeTree {
  private static final System.Logger LOG = System.getLogger(ClaimTree.class.getName());

  private final ClaimApi api;
  private final ClaimSettings settings;
  private final VolumePolicy policy;

  public ClaimTree(KubernetesClient client, ClaimSettings settings, VolumePolicy policy) {
    this.api = new ClaimApi(client, settings.namespace());
    this.settings = settings;
    this.policy = policy;
  }

  @Override
  public void ensure(Volume volume) {
    PersistentVolumeClaim claim = claim(volume);
    try {
      grow(volume, claim);
    } catch (ClaimUnusable refused) {
      // A volume that is too small is still a volume: no session is kept from it.
      LOG.log(
          System.Logger.Level.WARNING,
          "claim not grown volume=" + volume.uid() + " cause=" + refused.getMessage());
    }
  }

  @Override
  public void grow(Volume volume) {
    grow(volume, claim(volume));
  }

  /** One that is not bound cannot grow; it does when it is mounted next. */
  private void grow(Volume volume, PersistentVolumeClaim claim) {
    long wanted = policy.quotaOf(volume).bytes();
    if (Claims.phase(claim) == Phase.BOUND && Claims.requested(claim) < wanted) {
      api.patch(
          Claims.name(volume.uid()),
          new PersistentVolumeClaimBuilder()
              .withNewSpec()
              .withNewResources()
              .withRequests(Map.of("storage", new Quantity(Long.toString(wanted))))
              .endResources()
              .endSpec()
              .build());
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>A class that waits for its first consumer provisions where the scheduler of that pod says,
   * in an annotation. The scheduler of sessions is ours, so that nobody else would say it.
   */
  @Override
  public String offer(Volume volume, String node) {
    PersistentVolumeClaim claim = claim(volume);
    String name = Claims.name(volume.uid());
    switch (Claims.phase(claim)) {
      case BOUND -> {}
      case PENDING -> {
        LOG.log(
            System.Logger.Level.INFO,
            "claim has no storage yet volume=" + volume.uid() + " node=" + node);
        if (!Claims.isSelected(claim, node)) {
          api.annotate(name, Claims.SELECTED_NODE, node);
        }
      }
      case LOST ->
          throw new ClaimUnusable(
              name,
              "its storage is gone (phase Lost); restore the PersistentVolume, or delete the"
                  + " volume and make a new one");
    }
    return "claim:" + name;
  }

  @Override
  public boolean remove(VolumeUid uid) {
    Optional<PersistentVolumeClaim> claim =
        api.find(Claims.name(uid)).filter(found -> Claims.isOurs(found, settings));
    claim.filter(found -> !Claims.isBeingDeleted(found)).ifPresent(api::delete);
    // It may stay for a while: pods that still have it keep it, by a finalizer.
    return claim.isEmpty();
  }

  /** The volume's claim, which is made if it is not there. */
  private PersistentVolumeClaim claim(Volume volume) {
    String name = Claims.name(volume.uid());
    PersistentVolumeClaim claim =
        api.find(name)
            .or(() -> api.create(Claims.of(volume, policy.quotaOf(volume), settings)))
            .or(() -> api.find(name))
            .orElseThrow(() -> new ClaimUnusable(name, "somebody makes and deletes it"));
    if (!Claims.isOurs(claim, settings)) {
      throw new ClaimUnusable(
          name, "somebody else has made it in namespace " + settings.namespace());
    }
    if (Claims.isBeingDeleted(claim)) {
      throw new ClaimUnusable(name, "it is being deleted in namespace " + settings.namespace());
    }
    return claim;
  }
}
