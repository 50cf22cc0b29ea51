package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Which object stands for which session.
 *
 * <p>Two kinds: a <em>mirror</em> is ours, made for a session that was asked for elsewhere, and
 * named after it. All others were applied by somebody, and their uid is the id of the request that
 * made their session; which one that is stands in their status, which only we may write.
 */
final class SessionLinks {
  /** Keeps an object until its session is over. */
  static final String FINALIZER = Labels.GROUP + "/session";

  private static final String PREFIX = "s";

  private SessionLinks() {}

  /** The session whose object this is, as far as the object itself tells. */
  static Optional<SessionId> sessionOf(NotebookSession object) {
    NotebookSessionStatus status = object.getStatus();
    if (status != null && status.session() != null) {
      return SessionId.parse(status.session());
    }
    String name = object.getMetadata().getName();
    return isMirror(object) && name.startsWith(PREFIX)
        ? SessionId.parse(name.substring(PREFIX.length()))
        : Optional.empty();
  }

  static boolean isMirror(NotebookSession object) {
    return Labels.NOTEBAY.equals(label(object, Labels.MANAGED_BY));
  }

  /** Whether this installation may touch it: it is ours, or nobody's yet. */
  static boolean isOurs(NotebookSession object, String installation) {
    String label = label(object, Labels.INSTALLATION);
    return label.isEmpty() || label.equals(installation);
  }

  /** Whether it names that person, as it must to stand for a session of theirs. */
  static boolean isOf(NotebookSession object, Owner person) {
    return object.getSpec() != null && person.subject().equals(object.getSpec().owner());
  }

  static boolean hasFinalizer(NotebookSession object) {
    return object.getMetadata().getFinalizers().contains(FINALIZER);
  }

  /** The request that an applied object is: done any number of times, it makes one session. */
  static RequestKey request(NotebookSession object) {
    UUID uid = UUID.fromString(object.getMetadata().getUid());
    // The spec of an object never changes, so its uid says what was asked for.
    return new RequestKey(uid, uid.toString().replace("-", ""));
  }

  /** The mirror of a session, as it is made. */
  static NotebookSession mirror(Session session, String namespace, String installation) {
    var object = new NotebookSession();
    object.setMetadata(
        new ObjectMetaBuilder()
            .withName(PREFIX + session.id())
            .withNamespace(namespace)
            .withLabels(labels(session.id(), installation, true))
            .withFinalizers(FINALIZER)
            .build());
    object.setSpec(SpecWriter.of(session));
    return object;
  }

  /**
   * All that we state of an object that is there, beside its status.
   *
   * @param kept whether it is to stay until its session is over
   */
  static NotebookSession stated(
      NotebookSession present, Optional<SessionId> session, String installation, boolean kept) {
    boolean mirror = isMirror(present);
    var object = identified(present);
    object
        .getMetadata()
        .setLabels(
            session
                .map(id -> labels(id, installation, mirror))
                .orElseGet(() -> Map.of(Labels.INSTALLATION, installation)));
    if (kept) {
      object.addFinalizer(FINALIZER);
    }
    if (mirror) {
      object.setSpec(present.getSpec());
    }
    return object;
  }

  /** The status alone. */
  static NotebookSession withStatus(NotebookSession present, NotebookSessionStatus status) {
    NotebookSession object = identified(present);
    object.setStatus(status);
    return object;
  }

  private static NotebookSession identified(NotebookSession present) {
    var object = new NotebookSession();
    object.setMetadata(
        new ObjectMetaBuilder()
            .withName(present.getMetadata().getName())
            .withNamespace(present.getMetadata().getNamespace())
            .withUid(present.getMetadata().getUid())
            .build());
    return object;
  }

  private static Map<String, String> labels(SessionId id, String installation, boolean mirror) {
    Map<String, String> labels = new TreeMap<>();
    labels.put(Labels.INSTALLATION, installation);
    labels.put(Labels.SESSION, id.toString());
    if (mirror) {
      labels.put(Labels.MANAGED_BY, Labels.NOTEBAY);
    }
    return labels;
  }

  private static String label(HasMetadata object, String name) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(name, "");
  }
}
