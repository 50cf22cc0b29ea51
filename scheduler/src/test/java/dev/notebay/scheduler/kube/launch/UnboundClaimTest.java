package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * A row for each reason. What events of the volume controller say was copied from Kubernetes 1.36;
 * what those of a provisioner say, from what people were told by the one that CSI drivers come
 * with.
 */
class UnboundClaimTest {
  private static final String FIRST = "waiting for first consumer to be created before binding";
  private static final String EXTERNAL =
      "Waiting for a volume to be created either by the external provisioner 'example.org/none' or"
          + " manually by the system administrator. If volume creation is delayed, please verify"
          + " that the provisioner is running and correctly registered.";

  private static final String UNAVAILABLE =
      "no persistent volumes available for this claim and no storage class is set";
  private static final String PROVISIONING =
      "External provisioner is provisioning volume for claim \"notebay/volume-7\"";
  private static final String EXHAUSTED =
      "failed to provision volume with StorageClass \"fast\": rpc error: code = ResourceExhausted desc"
          + " = Not enough disk space";

  private record Row(String what, String claim, List<Event> events, String says) {
    @Override
    public String toString() {
      return what;
    }
  }

  @SuppressWarnings("unused") // the source of the test's rows
  static final List<Row> ROWS =
      List.of(
          new Row("bound", claim("fast", "", "Bound"), List.of(failed("old")), ""),
          new Row(
              "its StorageClass is not there",
              claim("fast", "gpu-1", "Pending"),
              List.of(failed("storageclass.storage.k8s.io \"fast\" not found")),
              "its claim volume-7 wants a StorageClass that the cluster does not have"
                  + " (storageclass.storage.k8s.io \"fast\" not found); an operator can make it, or"
                  + " set another and have the volume made anew"),
          new Row(
              "its provisioner is out of room",
              claim("fast", "gpu-1", "Pending"),
              List.of(
                  event("Provisioning", 1, PROVISIONING),
                  event("ProvisioningFailed", 2, EXHAUSTED)),
              "its claim volume-7 was given no storage by StorageClass fast, which tries again: "
                  + EXHAUSTED),
          new Row(
              "what failed is being tried again",
              claim("fast", "gpu-1", "Pending"),
              List.of(
                  event("Provisioning", 3, PROVISIONING),
                  event("ProvisioningFailed", 2, EXHAUSTED)),
              "its claim volume-7 waits for the provisioner of StorageClass fast: " + PROVISIONING),
          new Row(
              "its provisioner does not run",
              claim("fast", "gpu-1", "Pending"),
              List.of(
                  event("WaitForFirstConsumer", 1, FIRST),
                  event("ExternalProvisioning", 2, EXTERNAL)),
              "its claim volume-7 waits for the provisioner of StorageClass fast: " + EXTERNAL),
          new Row(
              "no class, and no default one",
              claim("", "gpu-1", "Pending"),
              List.of(event("FailedBinding", 1, UNAVAILABLE)),
              "its claim volume-7 names no StorageClass, and the cluster has no default one; an"
                  + " operator can make one the default"),
          new Row(
              "storage made by hand for a class, and none of it left",
              claim("manual", "gpu-1", "Pending"),
              List.of(failed("no volume plugin matched name: kubernetes.io/no-provisioner")),
              "its claim volume-7 finds no PersistentVolume of StorageClass manual, which makes none"
                  + " by itself; an operator can make one"),
          new Row(
              "storage made by hand for no class, and none of it left",
              claim("''", "gpu-1", "Pending"),
              List.of(event("FailedBinding", 1, UNAVAILABLE)),
              "its claim volume-7 finds no PersistentVolume without a StorageClass; an operator can"
                  + " make one"),
          new Row(
              "its node has just been told",
              claim("fast", "gpu-1", "Pending"),
              List.of(event("WaitForFirstConsumer", 1, FIRST)),
              "its claim volume-7 waits for storage of StorageClass fast for node gpu-1"),
          new Row(
              "its provisioner has given its node up",
              claim("fast", "", "Pending"),
              List.of(event("WaitForFirstConsumer", 1, FIRST)),
              "its claim volume-7 is made for no node any more (" + FIRST + ")"),
          new Row(
              "nobody has said anything, or it is forgotten",
              claim("fast", "gpu-1", "Pending"),
              List.of(),
              "its claim volume-7 has no storage yet, and the cluster has not said why; an operator"
                  + " can see whether the provisioner of StorageClass fast runs"),
          new Row(
              "just made, without a status",
              "{metadata: {name: volume-7}, spec: {}}",
              List.of(event("SomethingNew", 1, "what nobody here knows")),
              "its claim volume-7 has no storage yet, and the cluster has not said why; an operator"
                  + " can see whether the provisioner of the cluster's default StorageClass runs"),
          new Row(
              "its PersistentVolume was deleted",
              "{metadata: {name: volume-7}, spec: {volumeName: pv-1}, status: {phase: Lost}}",
              List.of(
                  event(
                      "ClaimLost",
                      1,
                      "Bound claim has lost its PersistentVolume. Data on the volume is lost!")),
              "its claim volume-7 has lost its storage: PersistentVolume pv-1 is gone and must be"
                  + " restored, or the volume deleted and made anew"),
          new Row(
              "somebody deletes it",
              "{metadata: {name: volume-7, deletionTimestamp: '2026-11-23T12:00:00Z'}, spec: {}}",
              List.of(failed("storageclass.storage.k8s.io \"fast\" not found")),
              "its claim volume-7 is being deleted; start the session again when it is gone"));

  @ParameterizedTest
  @FieldSource("ROWS")
  void aClaimWithoutStorageSaysWhyAndWhatToDo(Row row) {
    PersistentVolumeClaim claim =
        Serialization.unmarshal("---\n" + row.claim(), PersistentVolumeClaim.class);

    String reason = UnboundClaim.reason("volume-7", Optional.of(claim), row.events());

    assertThat(reason).startsWith(row.says());
    assertThat(reason.isEmpty()).isEqualTo(row.says().isEmpty());
  }

  @Test
  void aClaimThatIsGoneIsSaidToBe() {
    assertThat(UnboundClaim.reason("volume-7", Optional.empty(), List.of()))
        .isEqualTo("its claim volume-7 is gone; start the session again, which makes another one");
  }

  private static String claim(String storageClass, String node, String phase) {
    return "{metadata: {name: volume-7"
        + (node.isEmpty()
            ? ""
            : ", annotations: {volume.kubernetes.io/selected-node: " + node + "}")
        + "}, spec: {"
        + (storageClass.isEmpty() ? "" : "storageClassName: " + storageClass)
        + "}, status: {phase: "
        + phase
        + "}}";
  }

  private static Event failed(String message) {
    return event("ProvisioningFailed", 1, message);
  }

  private static Event event(String reason, int second, String message) {
    var event = new Event();
    event.setReason(reason);
    event.setMessage(message);
    event.setLastTimestamp("2026-11-23T12:00:0" + second + "Z");
    return event;
  }
}
