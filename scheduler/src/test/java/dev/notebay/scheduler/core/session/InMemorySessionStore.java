package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Inserted;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.KeyReused;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Repeated;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.TooMany;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Fake that does what PostgreSQL does, step by step the same. It is stricter where the real one
 * cannot see a caller's mistake: what never changes must come back unchanged.
 */
public final class InMemorySessionStore implements SessionStore {
  private static final Comparator<Session> OLDEST_FIRST =
      Comparator.comparing(Session::created).thenComparing(session -> session.id().toString());

  private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
  private final Map<Request, Made> requests = new HashMap<>();
  private final Map<Slot, SessionId> bookings = new HashMap<>();

  private record Request(Owner owner, UUID id) {}

  private record Made(String digest, SessionId session) {}

  private record Slot(String node, String device) {}

  @Override
  public synchronized Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    if (session.version() != 1 || !(session.state() instanceof Queued)) {
      throw new IllegalArgumentException("session: " + session + " (expected: a new one)");
    }
    var request = new Request(session.owner(), key.id());
    Made before = requests.get(request);
    if (before != null) {
      return before.digest().equals(key.digest())
          ? new Repeated(stored(before.session()))
          : new KeyReused();
    }
    long unfinished =
        sessions.values().stream()
            .filter(other -> other.owner().equals(session.owner()) && !other.isEnded())
            .count();
    if (unfinished >= maximumUnfinished) {
      return new TooMany();
    }
    Session kept = kept(session);
    if (sessions.putIfAbsent(kept.id(), kept) != null) {
      throw new IllegalStateException("session exists already: " + kept.id());
    }
    requests.put(request, new Made(key.digest(), kept.id()));
    return new Inserted(kept);
  }

  private Session stored(SessionId id) {
    Session session = sessions.get(id);
    if (session == null) {
      throw new IllegalStateException("no such session: " + id);
    }
    return session;
  }

  @Override
  public synchronized Optional<Session> find(SessionId id) {
    return Optional.ofNullable(sessions.get(id));
  }

  @Override
  public synchronized Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return Optional.ofNullable(requests.get(new Request(owner, requestId)))
        .map(made -> stored(made.session()));
  }

  @Override
  public synchronized List<Session> findAll(Collection<SessionId> ids) {
    return sessions.values().stream().filter(session -> ids.contains(session.id())).toList();
  }

  @Override
  public synchronized Replacement replace(Session next) {
    Session now = sessions.get(next.id());
    if (now == null || now.version() != next.version() - 1) {
      return Replacement.CHANGED;
    }
    Session kept = kept(next);
    if (!kept.owner().equals(now.owner())
        || !kept.spec().equals(now.spec())
        || !kept.created().equals(now.created())) {
      throw new IllegalArgumentException("changed what never changes: " + now + " to " + kept);
    }
    List<Slot> wanted =
        kept.state().held().stream()
            .flatMap(held -> held.devices().stream().map(device -> new Slot(held.node(), device)))
            .toList();
    if (wanted.stream().distinct().count() != wanted.size()) {
      throw new IllegalArgumentException("a device twice: " + kept.state());
    }
    if (wanted.stream().anyMatch(slot -> isAnothers(slot, kept.id()))) {
      return Replacement.DEVICE_TAKEN;
    }
    bookings.values().removeIf(kept.id()::equals);
    wanted.forEach(slot -> bookings.put(slot, kept.id()));
    sessions.put(kept.id(), kept);
    return Replacement.REPLACED;
  }

  private boolean isAnothers(Slot slot, SessionId id) {
    SessionId holder = bookings.get(slot);
    return holder != null && !holder.equals(id);
  }

  @Override
  public synchronized List<Session> unfinished() {
    return sessions.values().stream()
        .filter(
            session -> !(session.state() instanceof Ended(_, _, _, var volumeHeld)) || volumeHeld)
        .sorted(OLDEST_FIRST)
        .toList();
  }

  @Override
  public synchronized List<Session> list(
      Owner owner, boolean withEnded, Optional<Cursor> after, int limit) {
    return sessions.values().stream()
        .filter(session -> session.owner().equals(owner))
        .filter(session -> withEnded || !session.isEnded())
        .filter(session -> after.isEmpty() || isBefore(session, after.get()))
        .sorted(OLDEST_FIRST.reversed())
        .limit(limit)
        .toList();
  }

  private static boolean isBefore(Session session, Cursor cursor) {
    int byAge = session.created().compareTo(SessionStore.kept(cursor.created()));
    return byAge < 0
        || (byAge == 0 && session.id().toString().compareTo(cursor.id().toString()) < 0);
  }

  /** The session as {@link SessionStore} says that it is kept. */
  static Session kept(Session session) {
    SessionSpec spec = session.spec();
    return new Session(
        session.id(),
        new Owner(SessionStore.kept(session.owner().subject())),
        new SessionSpec(
            SessionStore.kept(spec.displayName()),
            spec.accelerator(),
            spec.compute(),
            spec.volume().map(SessionStore::kept),
            spec.policy()),
        SessionStore.kept(session.created()),
        SessionStore.kept(session.updated()),
        session.version(),
        session.attempt(),
        session.policyGeneration(),
        session.extendUntil().map(SessionStore::kept),
        kept(session.state()));
  }

  private static SessionState kept(SessionState state) {
    return switch (state) {
      case Queued(var since, var heldBack) ->
          new Queued(
              SessionStore.kept(since),
              heldBack.map(
                  held ->
                      new HeldBack(
                          SessionStore.kept(held.until()), SessionStore.kept(held.why()))));
      case Starting(var assignment, var claimedBy) ->
          new Starting(kept(assignment), claimedBy.map(SessionStore::kept));
      case Running(var assignment, var claimedBy, var jupyter, var readyAt) ->
          new Running(
              kept(assignment), SessionStore.kept(claimedBy), jupyter, SessionStore.kept(readyAt));
      case Stopping(var assignment, var reason, var message, var since) ->
          new Stopping(
              kept(assignment), reason, SessionStore.kept(message), SessionStore.kept(since));
      case Ended(var reason, var message, Instant at, var volumeHeld) ->
          new Ended(reason, SessionStore.kept(message), SessionStore.kept(at), volumeHeld);
    };
  }

  private static Assignment kept(Assignment assignment) {
    return new Assignment(
        SessionStore.kept(assignment.node()),
        assignment.devices().stream().map(SessionStore::kept).toList(),
        SessionStore.kept(assignment.at()));
  }
}
