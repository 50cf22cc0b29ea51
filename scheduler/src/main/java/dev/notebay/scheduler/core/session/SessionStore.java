package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.leader.Epoch;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps sessions durably. Every method is atomic, and what it has answered survives a crash. Each
 * throws {@link dev.notebay.scheduler.core.SchedulerException.StoreUnavailable} when it cannot tell
 * whether it was done: the caller reads again and decides anew.
 *
 * <p>Instants are kept to the microsecond and texts without what no database can hold, as {@link
 * #kept(Instant)} and {@link #kept(String)} say; what is read is equal to what was kept.
 */
public interface SessionStore {
  /** Unicode's sign for what cannot be shown. */
  int REPLACEMENT = 0xFFFD;

  /**
   * Adds a new session, which is queued and at version 1, unless its owner has used the key before
   * or has {@code maximumUnfinished} unfinished sessions. Of any number of concurrent calls with
   * one key exactly one inserts.
   */
  Insertion insert(Session session, RequestKey key, int maximumUnfinished);

  Optional<Session> find(SessionId id);

  /** What the owner's request with this id made. */
  Optional<Session> findByRequest(Owner owner, UUID requestId);

  /** Those of {@code ids} that exist, in no particular order. */
  List<Session> findAll(Collection<SessionId> ids);

  /**
   * Writes {@code next} if the stored session's version is {@code next.version() - 1}. The devices
   * that it holds are booked, and those it no longer holds are free, in the same instant, and that
   * instant is noted in the ledger.
   */
  Replacement replace(Session next);

  /** As {@link #replaceAll}, of one session. */
  default Replacement replace(Session next, Epoch epoch) {
    return replaceAll(List.of(next), epoch).getFirst();
  }

  /**
   * As {@link #replace(Session)} for one after the other, if {@code epoch} is the present reign:
   * first for those that hold nothing afterwards, then for the others in their order. No reign ends
   * between the look and the writes that were made by it. Each is atomic for itself; one that is
   * refused keeps no other from being written. After {@link
   * dev.notebay.scheduler.core.SchedulerException.StoreUnavailable} any of them may have been.
   *
   * @param next of no session two; none exchanges the devices that it holds
   * @return what became of each, in the order of {@code next}
   */
  List<Replacement> replaceAll(List<Session> next, Epoch epoch);

  /** The store's own clock, which all replicas share; to the microsecond. */
  Instant now();

  /** All that the session has had of devices, oldest first, and of one age by device. */
  List<DeviceUse> uses(SessionId id);

  /**
   * All sessions that are not over, and those over whose volume is still held; oldest first, and of
   * one age by id as text.
   */
  List<Session> unfinished();

  /**
   * All sessions that were written since {@code since} was given out, over or not, and maybe some
   * before. None is missed, also none whose write was under way when the mark was given out.
   */
  Changes changes(Changes.Mark since);

  /**
   * Lets the store forget which sessions were written before the mark; the sessions stay as they
   * are. A reader whose own mark is older is given everything anew. A mark that means nothing to
   * the store changes nothing.
   */
  void forgetChanges(Changes.Mark before);

  /**
   * The owner's sessions, newest first, and of one age by id as text, the greatest first.
   *
   * @param after where the page before ended
   */
  List<Session> list(Owner owner, boolean withEnded, Optional<Cursor> after, int limit);

  /** An instant as it is kept: the microseconds before it. */
  static Instant kept(Instant at) {
    return at.truncatedTo(ChronoUnit.MICROS);
  }

  /** A text as it is kept: U+FFFD for each NUL and each half of a surrogate pair. */
  static String kept(String text) {
    if (text.indexOf('\0') < 0 && text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text;
    }
    return text.codePoints()
        .map(point -> point == 0 || isHalf(point) ? REPLACEMENT : point)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isHalf(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }

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
    /**
     * Others have booked so much of one of the devices that it has no room. Nothing was changed.
     */
    DEVICE_TAKEN,
    /** The writer's reign is over. Nothing was changed. */
    FENCED
  }
}
