package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.session.SessionHappenings.Happening;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** By server-side apply, through the API server. */
final class KubeSessionObjectApi implements SessionObjectApi {
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Labels.FIELD_MANAGER)
          .withForce(true)
          .build();

  /** The most that the API server takes. */
  private static final int LONGEST_NOTE = 1024;

  private final KubernetesClient client;
  private final String replica;

  /**
   * @param replica name of this process, told with events
   */
  KubeSessionObjectApi(KubernetesClient client, String replica) {
    this.client = client;
    this.replica = replica;
  }

  @Override
  public Optional<NotebookSession> apply(NotebookSession object) {
    return unlessGone(object, present -> client.resource(present).patch(APPLY, present));
  }

  @Override
  public Optional<NotebookSession> applyStatus(NotebookSession object) {
    return unlessGone(
        object, present -> client.resource(present).subresource("status").patch(APPLY, present));
  }

  /** An object that is applied under a uid that is not there is a conflict, and is not made. */
  private static Optional<NotebookSession> unlessGone(
      NotebookSession object, UnaryOperator<NotebookSession> write) {
    try {
      return Optional.of(write.apply(object));
    } catch (KubernetesClientException refused) {
      if (object.getMetadata().getUid() != null && isGoneOrOther(refused)) {
        return Optional.empty();
      }
      throw refused;
    }
  }

  private static boolean isGoneOrOther(KubernetesClientException refused) {
    return refused.getCode() == HttpURLConnection.HTTP_NOT_FOUND
        || refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
  }

  @Override
  public boolean delete(NotebookSession object) {
    try {
      client
          .resource(object)
          .lockResourceVersion(object.getMetadata().getResourceVersion())
          .delete();
      return true;
    } catch (KubernetesClientException refused) {
      if (refused.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw refused;
    }
  }

  @Override
  public void record(NotebookSession about, Happening happening, Instant at) {
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withGenerateName(about.getMetadata().getName() + "-")
            .withNamespace(about.getMetadata().getNamespace())
            .endMetadata()
            .withEventTime(new MicroTime(microseconds(at)))
            .withReportingController(Labels.GROUP + "/scheduler")
            .withReportingInstance(replica)
            .withAction(happening.reason())
            .withReason(happening.reason())
            .withRegarding(
                new ObjectReferenceBuilder()
                    .withApiVersion(about.getApiVersion())
                    .withKind(about.getKind())
                    .withName(about.getMetadata().getName())
                    .withNamespace(about.getMetadata().getNamespace())
                    .withUid(about.getMetadata().getUid())
                    .build())
            .withNote(
                happening.note().substring(0, Math.min(LONGEST_NOTE, happening.note().length())))
            .withType(happening.warning() ? "Warning" : "Normal")
            .build();
    client.resource(event).create();
  }

  /** With all six digits, which the API server insists on. */
  private static String microseconds(Instant at) {
    return "%s.%06dZ"
        .formatted(
            at.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", ""), at.getNano() / 1000);
  }
}
