package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.session.SessionId;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The objects of sessions in our namespace, as they were last seen or written. An older version
 * never replaces a newer one. For any number of threads.
 */
final class SessionObjectCache {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, NotebookSession> byName = new HashMap<>();
  private final Map<SessionId, NotebookSession> bySession = new HashMap<>();

  /** Those that do not say of which session they are, by name. */
  private final Map<String, NotebookSession> strangers = new HashMap<>();

  /** Uids of what we made, and nobody has told us of yet. */
  private final Set<String> written = new HashSet<>();

  private final Set<String> gone = Collections.newSetFromMap(new Latest());
  private final Runnable changed;

  /**
   * @param changed told when an object is another than before
   */
  SessionObjectCache(Runnable changed) {
    this.changed = changed;
  }

  /** The uids that were removed last: what is told of them afterwards is late. */
  private static final class Latest extends LinkedHashMap<String, Boolean> {
    private static final long serialVersionUID = 1L;
    private static final int MOST = 10_000;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
      return size() > MOST;
    }
  }

  /** The object was seen so. */
  void put(NotebookSession object) {
    lock.lock();
    try {
      written.remove(object.getMetadata().getUid());
    } finally {
      lock.unlock();
    }
    keep(object);
  }

  /** We have just written the object so; it may not have been seen yet. */
  void wrote(NotebookSession object) {
    lock.lock();
    try {
      if (!byName.containsKey(object.getMetadata().getName())) {
        written.add(object.getMetadata().getUid());
      }
    } finally {
      lock.unlock();
    }
    keep(object);
  }

  private void keep(NotebookSession object) {
    lock.lock();
    try {
      NotebookSession before = byName.get(object.getMetadata().getName());
      if (gone.contains(object.getMetadata().getUid())
          || (before != null && isOf(before, object) && version(before) >= version(object))) {
        return;
      }
      if (before != null) {
        forget(before);
      }
      // Who wrote which field is of no use here, and most of what there is.
      object.getMetadata().setManagedFields(List.of());
      byName.put(object.getMetadata().getName(), object);
      SessionLinks.sessionOf(object)
          .ifPresentOrElse(
              id -> know(id, object), () -> strangers.put(object.getMetadata().getName(), object));
    } finally {
      lock.unlock();
    }
    changed.run();
  }

  /** The object has just made this session, which its status does not say yet. */
  void link(NotebookSession object, SessionId session) {
    lock.lock();
    try {
      know(session, object);
    } finally {
      lock.unlock();
    }
  }

  /** Of a mirror and what somebody applied the latter is the session's object. */
  private void know(SessionId session, NotebookSession object) {
    bySession.merge(
        session,
        object,
        (present, next) -> isOf(present, next) || SessionLinks.isMirror(present) ? next : present);
  }

  /** The object is gone. */
  void remove(NotebookSession object) {
    lock.lock();
    try {
      gone.add(object.getMetadata().getUid());
      written.remove(object.getMetadata().getUid());
      NotebookSession present = byName.get(object.getMetadata().getName());
      if (present != null && isOf(present, object)) {
        byName.remove(object.getMetadata().getName());
        strangers.remove(object.getMetadata().getName());
        bySession.values().removeIf(each -> isOf(each, object));
      }
    } finally {
      lock.unlock();
    }
    changed.run();
  }

  /** These are all that there are, beside what was written while they were listed. */
  void only(Set<String> uids) {
    List<NotebookSession> others;
    lock.lock();
    try {
      others =
          byName.values().stream()
              .filter(object -> !uids.contains(object.getMetadata().getUid()))
              .filter(object -> !written.contains(object.getMetadata().getUid()))
              .toList();
    } finally {
      lock.unlock();
    }
    others.forEach(this::remove);
  }

  private void forget(NotebookSession object) {
    strangers.remove(object.getMetadata().getName());
    SessionLinks.sessionOf(object).ifPresent(id -> bySession.remove(id, object));
  }

  Collection<NotebookSession> all() {
    lock.lock();
    try {
      return List.copyOf(byName.values());
    } finally {
      lock.unlock();
    }
  }

  /** The object of a session; the one that somebody applied, where there is another one. */
  Optional<NotebookSession> find(SessionId session) {
    lock.lock();
    try {
      return Optional.ofNullable(bySession.get(session));
    } finally {
      lock.unlock();
    }
  }

  /** Those that do not say of which session they are: it may be about to be made, or never. */
  List<NotebookSession> strangers() {
    lock.lock();
    try {
      return List.copyOf(strangers.values());
    } finally {
      lock.unlock();
    }
  }

  private static boolean isOf(NotebookSession one, NotebookSession other) {
    return one.getMetadata().getUid().equals(other.getMetadata().getUid());
  }

  /** Of one object the greater is the later. */
  private static long version(NotebookSession object) {
    @Nullable String version = object.getMetadata().getResourceVersion();
    return version == null || version.isEmpty() ? 0 : Long.parseLong(version);
  }
}
