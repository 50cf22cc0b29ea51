package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.SessionOwners;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the object of a session for whoever makes its pod, and makes it where there is none: a
 * mirror.
 *
 * <ol>
 *   <li>The object that says that it is the session's, and that is the same person's.
 *   <li>One that somebody has applied, and that has made the session without having been told so
 *       yet. A mirror beside it would be one too many.
 *   <li>The mirror, applied under its name: made by any number of replicas it is made once.
 * </ol>
 */
final class SessionMirrors implements SessionOwners {
  private final SessionObjectCache cache;
  private final SessionObjectApi api;
  private final String namespace;
  private final String installation;
  private volatile @Nullable SessionRequests requests;

  SessionMirrors(
      SessionObjectCache cache, SessionObjectApi api, String namespace, String installation) {
    this.cache = cache;
    this.api = api;
    this.namespace = namespace;
    this.installation = installation;
  }

  /** From now on sessions can be looked up. */
  void use(SessionRequests asked) {
    requests = asked;
  }

  @Override
  public Optional<OwnerReference> ownerOf(SessionId id, Owner person) {
    Optional<NotebookSession> known =
        cache.find(id).filter(object -> SessionLinks.isOf(object, person));
    if (known.isPresent()) {
      return known.map(SessionMirrors::reference);
    }
    SessionRequests asked = requests;
    if (asked == null) {
      throw new ClusterUnavailable("objects of sessions cannot be made yet");
    }
    return maker(id, person, asked)
        .or(() -> asked.find(id).flatMap(this::make))
        .map(SessionMirrors::reference);
  }

  private Optional<NotebookSession> maker(SessionId id, Owner person, SessionRequests asked) {
    return cache.strangers().stream()
        .filter(object -> SessionLinks.isOf(object, person))
        .filter(
            object ->
                asked
                    .findByRequest(person, SessionLinks.request(object).id())
                    .filter(session -> session.id().equals(id))
                    .isPresent())
        .findFirst();
  }

  private Optional<NotebookSession> make(Session session) {
    try {
      Optional<NotebookSession> made =
          api.apply(SessionLinks.mirror(session, namespace, installation));
      made.ifPresent(cache::wrote);
      return made;
    } catch (KubernetesClientException refused) {
      if (refused.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw refused;
    }
  }

  /** It need not block its owner's deletion: the owner's own finalizer outlasts it. */
  private static OwnerReference reference(NotebookSession object) {
    return new OwnerReferenceBuilder()
        .withApiVersion(object.getApiVersion())
        .withKind(object.getKind())
        .withName(object.getMetadata().getName())
        .withUid(object.getMetadata().getUid())
        .withController(true)
        .build();
  }
}
