package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All sessions that are not over, and those over whose volume is still held, as one replica last
 * read them: kept up to date by what was written since ({@link SessionStore#changes}), so that a
 * look at a hundred thousand sessions costs what has changed of them.
 *
 * <p>What always holds: of one session the version never goes back, unless the store's own history
 * did; and what was committed before {@link #refresh} began is seen after it. Nothing is promised
 * of what is written later, so whoever decides by it must write by compare-and-set.
 *
 * <p>One thread refreshes. It may read all without more ado; others read copies.
 */
public final class UnfinishedSessions {
  private static final Comparator<Session> OLDEST_FIRST =
      Comparator.<Session, Instant>comparing(Session::created)
          .thenComparing(session -> session.id().toString());

  private final SessionStore store;
  private final Consumer<Session> changed;
  private final Consumer<SessionId> over;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<SessionId, Session> known = new HashMap<>();
  private final NavigableSet<Session> waiting = new TreeSet<>(OLDEST_FIRST);
  private final NavigableSet<Session> placed = new TreeSet<>(OLDEST_FIRST);
  private final Set<SessionId> touched = new LinkedHashSet<>();
  private Changes.Mark mark = Changes.Mark.NONE;
  private Changes.Mark markBefore = Changes.Mark.NONE;

  /**
   * @param changed told, in the refreshing thread, of every session that is another than before
   * @param over likewise, of every session that was among the unfinished and is no more
   */
  public UnfinishedSessions(
      SessionStore store, Consumer<Session> changed, Consumer<SessionId> over) {
    this.store = store;
    this.changed = changed;
    this.over = over;
  }

  /** Of which nobody is told. */
  public UnfinishedSessions(SessionStore store) {
    this(store, _ -> {}, _ -> {});
  }

  /**
   * Reads what was written since the last time. What is known stays as it is where the store does
   * not answer.
   */
  public void refresh() {
    Changes changes = store.changes(mark);
    if (changes.complete()) {
      forgetOthers(changes.sessions());
    }
    changes.sessions().forEach(this::see);
    mark = changes.next();
  }

  /**
   * Lets the store forget the changes that had been seen when this was called the time before; for
   * the refreshing thread. Other replicas that have not read for so long must read everything.
   */
  public void forgetSeen() {
    store.forgetChanges(markBefore);
    markBefore = mark;
  }

  private void forgetOthers(List<Session> all) {
    Set<SessionId> present = new HashSet<>();
    all.forEach(session -> present.add(session.id()));
    List<Session> gone =
        known.values().stream()
            .filter(session -> !present.contains(session.id()))
            .sorted(OLDEST_FIRST)
            .toList();
    gone.forEach(
        session -> {
          remove(session);
          over.accept(session.id());
        });
    // The store may have gone back to what it was long ago, and versions with it.
    all.stream().filter(session -> isNewer(known.get(session.id()), session)).forEach(this::remove);
  }

  private static boolean isNewer(@Nullable Session present, Session read) {
    return present != null && present.version() > read.version();
  }

  private void see(Session session) {
    Session before = known.get(session.id());
    if (before != null && before.version() >= session.version()) {
      return;
    }
    if (isFinished(session)) {
      if (before != null) {
        remove(before);
        over.accept(session.id());
        changed.accept(session);
      }
      return;
    }
    put(before, session);
    touched.add(session.id());
    changed.accept(session);
  }

  private void put(@Nullable Session before, Session session) {
    lock.lock();
    try {
      if (before != null) {
        part(before).remove(before);
      }
      known.put(session.id(), session);
      part(session).add(session);
    } finally {
      lock.unlock();
    }
  }

  private void remove(Session session) {
    lock.lock();
    try {
      Session present = known.remove(session.id());
      if (present != null) {
        part(present).remove(present);
      }
    } finally {
      lock.unlock();
    }
  }

  private NavigableSet<Session> part(Session session) {
    return session.state() instanceof Queued ? waiting : placed;
  }

  private static boolean isFinished(Session session) {
    return session.state() instanceof Ended(_, _, _, var volumeHeld) && !volumeHeld;
  }

  /** For the refreshing thread. */
  public Optional<Session> find(SessionId id) {
    return Optional.ofNullable(known.get(id));
  }

  /** Those that are queued, oldest first; for the refreshing thread, until it refreshes. */
  public Collection<Session> waiting() {
    return Collections.unmodifiableCollection(waiting);
  }

  /** All others, oldest first; for the refreshing thread, until it refreshes. */
  public Collection<Session> placed() {
    return Collections.unmodifiableCollection(placed);
  }

  /**
   * Those of {@link #placed} that have become others since this was asked last, the first first;
   * for the refreshing thread.
   */
  public List<Session> placedSince() {
    List<Session> since =
        touched.stream()
            .map(known::get)
            .filter(session -> session != null && !(session.state() instanceof Queued))
            .toList();
    touched.clear();
    return since;
  }

  /** All as they are now; for any thread. */
  public List<Session> copy() {
    lock.lock();
    try {
      return List.copyOf(known.values());
    } finally {
      lock.unlock();
    }
  }
}
