package dev.notebay.storage.kube;

import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeUid;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.Optional;

/** What a volume's claim is like, and what a claim says. No I/O. */
final class Claims {
  /** Which node a claim that waits for its first consumer shall be provisioned for. */
  static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  private static final String GROUP = "notebay.dev/";
  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  private static final String NOTEBAY = "notebay";
  private static final String INSTALLATION = GROUP + "installation";
  private static final String VOLUME = GROUP + "volume";
  private static final String OWNER = GROUP + "owner";
  private static final String STORAGE = "storage";

  private Claims() {}

  /** The same for the same volume, always. */
  static String name(VolumeUid uid) {
    return "volume-" + uid;
  }

  static PersistentVolumeClaim of(Volume volume, Quota quota, ClaimSettings settings) {
    var claim =
        new PersistentVolumeClaimBuilder()
            .withNewMetadata()
            .withName(name(volume.uid()))
            .withNamespace(settings.namespace())
            .withLabels(
                Map.of(
                    MANAGED_BY,
                    NOTEBAY,
                    INSTALLATION,
                    settings.installation(),
                    VOLUME,
                    volume.id().value()))
            // Not every subject can be a label's value.
            .withAnnotations(Map.of(OWNER, volume.owner().subject()))
            .endMetadata()
            .withNewSpec()
            .withAccessModes(settings.accessMode())
            .withNewResources()
            .withRequests(Map.of(STORAGE, new Quantity(Long.toString(quota.bytes()))))
            .endResources()
            .endSpec()
            .build();
    settings.storageClass().ifPresent(claim.getSpec()::setStorageClassName);
    return claim;
  }

  /** Whether this installation made it; what is not so is never touched. */
  static boolean isOurs(PersistentVolumeClaim claim, ClaimSettings settings) {
    Map<String, String> labels = claim.getMetadata().getLabels();
    return labels != null && labels.entrySet().containsAll(selector(settings).entrySet());
  }

  static boolean isBeingDeleted(PersistentVolumeClaim claim) {
    return claim.getMetadata().getDeletionTimestamp() != null;
  }

  static Phase phase(PersistentVolumeClaim claim) {
    String phase = claim.getStatus() == null ? null : claim.getStatus().getPhase();
    if (phase == null) {
      return Phase.PENDING;
    }
    return switch (phase) {
      case "Bound" -> Phase.BOUND;
      case "Lost" -> Phase.LOST;
      default -> Phase.PENDING;
    };
  }

  /** How far a claim is. */
  enum Phase {
    /** No storage yet; many classes wait for the first pod. */
    PENDING,
    BOUND,
    /** Its storage is gone for good. */
    LOST
  }

  /** Bytes that the claim asks for. */
  static long requested(PersistentVolumeClaim claim) {
    return Optional.ofNullable(claim.getSpec().getResources())
        .map(resources -> resources.getRequests().get(STORAGE))
        .map(quantity -> Quantity.getAmountInBytes(quantity).longValue())
        .orElse(0L);
  }

  /** By which a list finds this installation's claims. */
  static Map<String, String> selector(ClaimSettings settings) {
    return Map.of(MANAGED_BY, NOTEBAY, INSTALLATION, settings.installation());
  }

  /** Whether a session has asked for its storage. */
  static boolean isWanted(PersistentVolumeClaim claim) {
    Map<String, String> annotations = claim.getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(SELECTED_NODE);
  }

  static boolean isSelected(PersistentVolumeClaim claim, String node) {
    Map<String, String> annotations = claim.getMetadata().getAnnotations();
    return annotations != null && node.equals(annotations.get(SELECTED_NODE));
  }
}
