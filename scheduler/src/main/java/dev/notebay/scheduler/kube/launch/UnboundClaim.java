package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Why a claim has no storage, and what to do. Its phase says only that it has none; the rest is in
 * the events of the cluster's volume controller and of its class's provisioner, which the API
 * server forgets after an hour.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/storage/persistent-volumes/">Persistent
 *     Volumes</a>
 */
final class UnboundClaim {
  /** Which node the storage gateway has told the provisioner. */
  private static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  /** What a StorageClass names as its provisioner whose storage people make. */
  private static final String MADE_BY_HAND = "kubernetes.io/no-provisioner";

  private static final Set<String> REASONS =
      Set.of(
          "ProvisioningFailed",
          "FailedBinding",
          "ExternalProvisioning",
          "Provisioning",
          "WaitForFirstConsumer",
          "WaitForPodScheduled");

  private UnboundClaim() {}

  /**
   * For people; nothing for a claim that has its storage.
   *
   * @param claim empty where there is none of this name
   * @param events about it, in any order
   */
  static String reason(String name, Optional<PersistentVolumeClaim> claim, List<Event> events) {
    return claim
        .map(found -> why(found, events))
        .orElse("is gone; start the session again, which makes another one")
        .transform(why -> why.isEmpty() ? "" : "its claim " + name + " " + why);
  }

  private static String why(PersistentVolumeClaim claim, List<Event> events) {
    PersistentVolumeClaimStatus status = claim.getStatus();
    String phase = status == null || status.getPhase() == null ? "Pending" : status.getPhase();
    return switch (phase) {
      case "Bound" -> "";
      case "Lost" ->
          "has lost its storage: PersistentVolume "
              + claim.getSpec().getVolumeName()
              + " is gone and must be restored, or the volume deleted and made anew";
      default ->
          claim.getMetadata().getDeletionTimestamp() == null
              ? VolumeTrouble.latest(events, REASONS)
                  .map(event -> pending(claim, event))
                  .orElse(
                      "has no storage yet, and the cluster has not said why; an operator can see"
                          + " whether the provisioner of "
                          + classOf(claim)
                          + " runs")
              : "is being deleted; start the session again when it is gone";
    };
  }

  private static String pending(PersistentVolumeClaim claim, Event event) {
    String message = event.getMessage() == null ? "" : event.getMessage();
    return switch (event.getReason()) {
      case "ProvisioningFailed" -> notProvisioned(classOf(claim), message);
      case "FailedBinding" ->
          claim.getSpec().getStorageClassName() == null
              ? "names no StorageClass, and the cluster has no default one; an operator can make"
                  + " one the default"
              : "finds no PersistentVolume without a StorageClass; an operator can make one";
      case "WaitForFirstConsumer", "WaitForPodScheduled" ->
          selectedNode(claim)
              .map(node -> "waits for storage of " + classOf(claim) + " for node " + node)
              .orElse(
                  "is made for no node any more ("
                      + message
                      + "): its provisioner has none there; start the session again");
      default -> "waits for the provisioner of " + classOf(claim) + ": " + message;
    };
  }

  private static String notProvisioned(String storageClass, String message) {
    if (message.endsWith(MADE_BY_HAND)) {
      return "finds no PersistentVolume of "
          + storageClass
          + ", which makes none by itself; an operator can make one";
    }
    return message.startsWith("storageclass") && message.endsWith("not found")
        ? "wants a StorageClass that the cluster does not have ("
            + message
            + "); an operator can make it, or set another and have the volume made anew"
        : "was given no storage by " + storageClass + ", which tries again: " + message;
  }

  private static Optional<String> selectedNode(PersistentVolumeClaim claim) {
    @Nullable Map<String, String> annotations = claim.getMetadata().getAnnotations();
    return Optional.ofNullable(annotations).map(each -> each.get(SELECTED_NODE));
  }

  private static String classOf(PersistentVolumeClaim claim) {
    String name = claim.getSpec().getStorageClassName();
    return name == null ? "the cluster's default StorageClass" : "StorageClass " + name;
  }
}
