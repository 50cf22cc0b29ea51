package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.AdminRequired;
import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.SchedulerException.EtagMismatch;
import dev.notebay.scheduler.core.SchedulerException.Impossible;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.SchedulerException.QueueInUse;
import dev.notebay.scheduler.core.SchedulerException.QueueNotFound;
import dev.notebay.scheduler.core.SchedulerException.RequestIdReused;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.SchedulerException.TooManySessions;
import dev.notebay.scheduler.core.SchedulerException.WrongState;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.kube.session.SpecReader.Wanted;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Makes one object and its session agree, one step that may be repeated at any time:
 *
 * <ol>
 *   <li>An object without a session becomes a request for one, after it has been given our
 *       finalizer, so that it cannot go unnoticed; or it is told why not.
 *   <li>An object that is being deleted stops its session, and goes when that is over.
 *   <li>All others are told how their session is.
 *   <li>A mirror is deleted when its session has been over for a while. What somebody applied is
 *       theirs to delete: who states it in a repository would apply it again, and start anew.
 * </ol>
 */
final class SessionObjectReconciler {
  private final SessionObjectApi api;
  private final SessionRequests requests;
  private final Function<SessionSpec, Optional<SchedulerException>> objection;
  private final SpecReader reader;
  private final BiConsumer<NotebookSession, SessionId> linked;
  private final String installation;
  private final Duration retention;

  /**
   * @param objection what a queue has against a request
   * @param linked told which session an object has just made
   * @param retention how long a mirror stays after the end of its session
   */
  SessionObjectReconciler(
      SessionObjectApi api,
      SessionRequests requests,
      Function<SessionSpec, Optional<SchedulerException>> objection,
      SpecReader reader,
      BiConsumer<NotebookSession, SessionId> linked,
      String installation,
      Duration retention) {
    this.api = api;
    this.requests = requests;
    this.objection = objection;
    this.reader = reader;
    this.linked = linked;
    this.installation = installation;
    this.retention = retention;
  }

  /**
   * What came of a step.
   *
   * @param object as it was last written, or read; empty where it is gone
   * @param written whether its status was
   * @param session version of the session that it was about; 0 where there was none
   */
  record Done(Optional<NotebookSession> object, boolean written, long session) {
    /** The same step went on, to this. */
    Done and(Optional<NotebookSession> next) {
      return new Done(next, written, session);
    }
  }

  /** The session that an applied object has made before, if any. */
  Optional<Session> made(NotebookSession object) {
    try {
      Wanted wanted = reader.read(object.getSpec());
      return requests.findByRequest(wanted.owner(), SessionLinks.request(object).id());
    } catch (InvalidField neverMadeOne) {
      return Optional.empty();
    }
  }

  /** Makes the mirror of a session. */
  Done mirror(Session session, String namespace, Instant now) {
    Optional<NotebookSession> made =
        api.apply(SessionLinks.mirror(session, namespace, installation));
    return made.isPresent() ? tell(made.get(), session, now) : new Done(made, false, 0);
  }

  /** An object whose session is known. */
  Done reconcile(NotebookSession object, Session session, Instant now) {
    if (object.isMarkedForDeletion()) {
      return delete(object, session, now);
    }
    Done done = tell(object, session, now);
    if (done.object().isEmpty()) {
      return done;
    }
    NotebookSession told = done.object().get();
    if (!(session.state() instanceof Ended ended)) {
      return SessionLinks.hasFinalizer(told)
          ? done
          : done.and(api.apply(stated(told, session, true)));
    }
    Optional<NotebookSession> free = free(told);
    return SessionLinks.isMirror(told) && !now.isBefore(ended.at().plus(retention))
        ? done.and(deleted(free))
        : done.and(free);
  }

  private Done delete(NotebookSession object, Session session, Instant now) {
    Session stopped =
        session.isEnded() || session.state() instanceof Stopping
            ? session
            : requests.stop(session.owner(), session.id(), Optional.empty(), now).session();
    Done done = tell(object, stopped, now);
    return stopped.isEnded() && done.object().isPresent()
        ? done.and(release(done.object().get()).object())
        : done;
  }

  /** An object that has no session yet. */
  Done adopt(NotebookSession object, Instant now) {
    if (object.isMarkedForDeletion()) {
      return release(object);
    }
    Wanted wanted;
    try {
      wanted = reader.read(object.getSpec());
      objection
          .apply(wanted.spec())
          .ifPresent(
              objected -> {
                throw objected;
              });
      if (!SessionLinks.hasFinalizer(object)) {
        requests.tryOut(wanted.owner(), wanted.spec(), now);
      }
      Optional<NotebookSession> kept =
          SessionLinks.hasFinalizer(object)
              ? Optional.of(object)
              : api.apply(SessionLinks.stated(object, Optional.empty(), installation, true));
      if (kept.isEmpty()) {
        return new Done(kept, false, 0);
      }
      Session session =
          requests
              .create(wanted.owner(), wanted.spec(), SessionLinks.request(object), now)
              .session();
      linked.accept(kept.get(), session.id());
      Optional<NotebookSession> labelled = api.apply(stated(kept.get(), session, true));
      return labelled.isPresent()
          ? tell(labelled.get(), session, now)
          : new Done(labelled, false, session.version());
    } catch (StoreUnavailable away) {
      throw away;
    } catch (SchedulerException refused) {
      return reject(object, refused, now);
    }
  }

  private Done reject(NotebookSession object, SchedulerException refused, Instant now) {
    return write(
        object,
        SessionObjectMapper.rejected(
            reason(refused),
            String.valueOf(refused.getMessage()),
            object.getStatus(),
            generation(object),
            now),
        0,
        now);
  }

  /** As in the gRPC API's error details. */
  private static String reason(SchedulerException refused) {
    return switch (refused) {
      case InvalidField _ -> "INVALID_FIELD";
      case Impossible impossible -> impossible.reason();
      case TooManySessions _ -> "TOO_MANY_SESSIONS";
      case RequestIdReused _ -> "REQUEST_ID_REUSED";
      case QueueNotFound _ -> "QUEUE_NOT_FOUND";
      case QueueInUse _ -> "QUEUE_IN_USE";
      case SessionNotFound _ -> "SESSION_NOT_FOUND";
      case AdminRequired _ -> "ADMIN_REQUIRED";
      case EtagMismatch _ -> "ETAG_MISMATCH";
      case WrongState _ -> "WRONG_STATE";
      case ClaimRefused _ -> "CLAIM_REFUSED";
      case ClusterUnavailable _ -> "CLUSTER_UNAVAILABLE";
      case StoreUnavailable _ -> "STORE_UNAVAILABLE";
    };
  }

  /** An object whose session is nowhere any more, such as after a database was set back. */
  Done vanished(NotebookSession object, Instant now) {
    if (object.isMarkedForDeletion() || isOver(object)) {
      return release(object);
    }
    if (SessionLinks.isMirror(object)) {
      return surplus(object);
    }
    Done done =
        write(
            object,
            SessionObjectMapper.vanished(object.getStatus(), generation(object), now),
            0,
            now);
    return done.object().isPresent() ? done.and(release(done.object().get()).object()) : done;
  }

  /** A mirror that stands for nothing, or for a session that has another object. */
  Done surplus(NotebookSession mirror) {
    return new Done(deleted(free(mirror)), false, 0);
  }

  /** Lets go of an object; one that is being deleted is gone then. */
  private Done release(NotebookSession object) {
    Optional<NotebookSession> free = free(object);
    return new Done(free.filter(present -> !present.isMarkedForDeletion()), false, 0);
  }

  private Optional<NotebookSession> free(NotebookSession object) {
    return SessionLinks.hasFinalizer(object)
        ? api.apply(
            SessionLinks.stated(object, SessionLinks.sessionOf(object), installation, false))
        : Optional.of(object);
  }

  /** The object where it could not be deleted. */
  private Optional<NotebookSession> deleted(Optional<NotebookSession> free) {
    return free.filter(object -> !api.delete(object));
  }

  private Done tell(NotebookSession object, Session session, Instant now) {
    return write(
        object,
        SessionObjectMapper.status(
            requests.view(session, now), object.getStatus(), generation(object), now),
        session.version(),
        now);
  }

  private Done write(
      NotebookSession object, NotebookSessionStatus status, long session, Instant now) {
    if (Objects.equals(object.getStatus(), status)) {
      return new Done(Optional.of(object), false, session);
    }
    Optional<NotebookSession> written = api.applyStatus(SessionLinks.withStatus(object, status));
    written.ifPresent(
        present ->
            SessionHappenings.between(object.getStatus(), status)
                .forEach(happening -> api.record(present, happening, now)));
    return new Done(written, true, session);
  }

  private NotebookSession stated(NotebookSession object, Session session, boolean kept) {
    return SessionLinks.stated(object, Optional.of(session.id()), installation, kept);
  }

  private static long generation(NotebookSession object) {
    Long generation = object.getMetadata().getGeneration();
    return generation == null ? 0 : generation;
  }

  /** Whether the object says that its session has ended. */
  static boolean isOver(NotebookSession object) {
    NotebookSessionStatus status = object.getStatus();
    return status != null && status.state() != null && status.state().isFinal();
  }

  /** The session that the object names, if there is one and it is its owner's. */
  Optional<Session> find(NotebookSession object, SessionId id) {
    return requests.find(id).filter(session -> SessionLinks.isOf(object, session.owner()));
  }
}
