package dev.notebay.scheduler.core.session;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps sessions durably. Every method is atomic, and what it has answered survives a crash. Each
 * throws {@link dev.notebay.scheduler.core.SchedulerException.StoreUnavailable} when it cannot tell
 * whether it was done: the caller reads again and decides anew.
 */
public interface SessionStore {
  /**
   * Adds a new session, unless its owner has used the key before or has {@code maximumUnfinished}
   * unfinished sessions. Of any number of concurrent calls with one key exactly one inserts.
   */
  Insertion insert(Session session, RequestKey key, int maximumUnfinished);

  Optional<Session> find(SessionId id);

  /** What the owner's request with this id made. */
  Optional<Session> findByRequest(Owner owner, UUID requestId);

  /** Those of {@code ids} that exist, in no particular order. */
  List<Session> findAll(Collection<SessionId> ids);

  /**
   * Writes {@code next} if the stored session's version is {@code next.version() - 1}. The devices
   * that it holds are booked, and those it no longer holds are free, in the same instant.
   */
  Replacement replace(Session next);

  /** All sessions that are not over, and those over whose volume is still held; oldest first. */
  List<Session> unfinished();

  /**
   * The owner's sessions, newest first.
   *
   * @param after where the page before ended
   */
  List<Session> list(Owner owner, boolean withEnded, Optional<Cursor> after, int limit);

  /** Where a page of {@link #list} ended. */
  record Cursor(Instant created, SessionId id) {}

  /** What became of an {@link #insert}. */
  sealed interface Insertion {
    record Inserted(Session session) implements Insertion {}

    /** The same request was made before; this came of it. */
    record Repeated(Session session) implements Insertion {}

    /** The key was used for another request. */
    record KeyReused() implements Insertion {}

    record TooMany() implements Insertion {}
  }

  /** What became of a {@link #replace}. */
  enum Replacement {
    REPLACED,
    /** Somebody else has written in between, or the session is not there. Nothing was changed. */
    CHANGED,
    /** One of the devices is booked by another session. Nothing was changed. */
    DEVICE_TAKEN
  }
}
