package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.kube.session.SessionObjectReconciler.Done;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps sessions and their objects in step, a pass at a time; only the replica that leads does. A
 * pass looks at all objects and all unfinished sessions and takes what is due:
 *
 * <ol>
 *   <li>whatever has changed, but of one object no status sooner than a second after the last;
 *   <li>of the others those that were not looked at for longest, since places in a queue and idle
 *       times change without the session: so many in a pass that they cannot crowd out the rest;
 *   <li>a mirror for each session that has no object. Before that it is known of every object
 *       whether it has made a session, so that none gets two. That of a session that has just been
 *       placed is made with its pod, by {@link SessionMirrors};
 *   <li>of two objects of one session a mirror goes, once no pod can be owned by it.
 * </ol>
 *
 * While many pods are being made, what is only told waits for them, but for a little each second;
 * what somebody has applied or deleted does not. What fails is left alone for a while and tried
 * again, and keeps nothing else from being done.
 */
public final class SessionObjects {
  private static final System.Logger LOG = System.getLogger(SessionObjects.class.getName());

  private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(15);

  /** At what starts: how far it is comes from its pod. */
  private static final Duration BETWEEN_LOOKS_AT_STARTS = Duration.ofSeconds(3);

  /** At what is over, which only waits for its deletion. */
  private static final Duration BETWEEN_LAST_LOOKS = Duration.ofMinutes(5);

  /** Until a session that was placed should have its pod, and so its object. */
  private static final Duration UNTIL_LAUNCHED = Duration.ofSeconds(30);

  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
  private static final int LOOKS = 50;

  /** Steps of a pass that are taken although many pods are being made. */
  private static final int LITTLE = 5;

  /** So many that whoever changes an object meanwhile does not wait for all of them. */
  private static final int MIRRORS = 100;

  private final SessionObjectCache cache;
  private final BooleanSupplier synced;
  private final Supplier<? extends Collection<Session>> unfinished;
  private final SessionObjectReconciler reconciler;
  private final String namespace;
  private final String installation;
  private final BooleanSupplier leads;
  private final BooleanSupplier launching;
  private final InstantSource clock;
  private final ExecutorService writers;

  /** By uid of the object, or by id of the session whose mirror is to be made. */
  private final Map<String, Last> last = new ConcurrentHashMap<>();

  private Instant lastPass = Instant.MIN;

  /** Which session an applied object has made, by its uid, before its status says so. */
  private final Map<String, SessionId> made = new ConcurrentHashMap<>();

  /**
   * @param synced whether {@code cache} has all objects
   * @param unfinished all sessions that are not over
   * @param leads whether this replica does
   * @param launching whether many pods are being made
   * @param writers as many writes are under way at once as it has threads
   */
  SessionObjects(
      SessionObjectCache cache,
      BooleanSupplier synced,
      Supplier<? extends Collection<Session>> unfinished,
      SessionObjectReconciler reconciler,
      String namespace,
      String installation,
      BooleanSupplier leads,
      BooleanSupplier launching,
      InstantSource clock,
      ExecutorService writers) {
    this.cache = cache;
    this.synced = synced;
    this.unfinished = unfinished;
    this.reconciler = reconciler;
    this.namespace = namespace;
    this.installation = installation;
    this.leads = leads;
    this.launching = launching;
    this.clock = clock;
    this.writers = writers;
  }

  /**
   * What is known of the last look at an object.
   *
   * @param version of the object afterwards
   * @param session its version
   * @param notBefore when it may be taken up again if it has changed
   * @param next when it is looked at again in any case
   */
  private record Last(
      String version, long session, Instant notBefore, Instant next, boolean failed) {}

  /** An object, and its session if it has one that is not over. */
  private record Pair(NotebookSession object, Optional<SessionId> id, @Nullable Session session) {}

  /** One pass. Not for two threads at once. */
  public void runOnce() {
    if (!leads.getAsBoolean()) {
      last.clear();
      made.clear();
      return;
    }
    if (!synced.getAsBoolean()) {
      return;
    }
    Instant now = clock.instant();
    if (launching.getAsBoolean() && now.isBefore(lastPass.plus(BETWEEN_WRITES))) {
      return;
    }
    lastPass = now;
    // Sessions first: one whose object was made in between has it by the time objects are read.
    Map<SessionId, Session> sessions =
        unfinished.get().stream().collect(Collectors.toMap(Session::id, session -> session));
    List<Pair> pairs = pairs(sessions);
    Map<SessionId, NotebookSession> first = first(pairs);
    List<Runnable> urgent = new ArrayList<>();
    List<Runnable> due = new ArrayList<>();
    List<Pair> unchanged = new ArrayList<>();
    for (Pair pair : pairs) {
      if (pair.id().filter(id -> first.get(id) != pair.object()).isPresent()) {
        if (mayGo(pair)) {
          urgent.add(() -> take(pair, () -> reconciler.surplus(pair.object())));
        }
      } else if (hasChanged(pair, now)) {
        (isUrgent(pair) ? urgent : due).add(() -> take(pair, () -> step(pair, now)));
      } else if (isForgotten(pair, now)) {
        unchanged.add(pair);
      }
    }
    unchanged.stream()
        .sorted(Comparator.comparing(pair -> last(pair.object()).next()))
        .limit(LOOKS)
        .forEach(pair -> due.add(() -> take(pair, () -> step(pair, now))));
    sessions.values().stream()
        .filter(session -> !first.containsKey(session.id()) && isWanted(session, now))
        .filter(session -> mayTry(session.id().toString(), now))
        .limit(MIRRORS)
        .forEach(session -> due.add(() -> mirror(session, now)));
    for (int i = LITTLE; i < due.size(); i++) {
      Runnable step = due.get(i);
      due.set(i, () -> unlessLaunching(step));
    }
    urgent.addAll(due);
    runAll(urgent);
    forget(pairs, sessions.keySet());
  }

  /** Somebody waits for what comes of it. */
  private static boolean isUrgent(Pair pair) {
    return pair.id().isEmpty() || pair.object().isMarkedForDeletion();
  }

  /** What was not done is due in the next pass. */
  private void unlessLaunching(Runnable step) {
    if (!launching.getAsBoolean()) {
      step.run();
    }
  }

  /** Whoever makes the pod of a session that was placed makes its mirror first. */
  private static boolean isWanted(Session session, Instant now) {
    return switch (session.state()) {
      case Starting(var held, _) -> now.isAfter(held.at().plus(UNTIL_LAUNCHED));
      case Queued _, Running _, Stopping _ -> true;
      case Ended _ -> false;
    };
  }

  /** A pod goes with the object that owns it. */
  private static boolean mayGo(Pair surplus) {
    return surplus.session() == null || surplus.session().state() instanceof Queued;
  }

  private List<Pair> pairs(Map<SessionId, Session> sessions) {
    List<Pair> pairs = new ArrayList<>();
    for (NotebookSession object : cache.all()) {
      if (SessionLinks.isOurs(object, installation)) {
        Optional<SessionId> id = idOf(object, sessions);
        pairs.add(new Pair(object, id, id.map(sessions::get).orElse(null)));
      }
    }
    return pairs;
  }

  private Optional<SessionId> idOf(NotebookSession object, Map<SessionId, Session> sessions) {
    String uid = object.getMetadata().getUid();
    Optional<SessionId> told =
        SessionLinks.sessionOf(object)
            // Somebody else may have named theirs like a mirror.
            .filter(
                id ->
                    !sessions.containsKey(id)
                        || SessionLinks.isOf(object, sessions.get(id).owner()))
            .or(() -> Optional.ofNullable(made.get(uid)));
    if (told.isPresent() || isRefused(object)) {
      return told;
    }
    Optional<SessionId> found = reconciler.made(object).map(Session::id);
    found.ifPresent(id -> made.put(uid, id));
    return found;
  }

  /** What was refused when it was last tried, and not tried since, has made no session. */
  private boolean isRefused(NotebookSession object) {
    Last seen = last.get(object.getMetadata().getUid());
    return seen != null && !seen.failed();
  }

  /** Of several objects of one session the one that somebody applied, or else the oldest. */
  private static Map<SessionId, NotebookSession> first(List<Pair> pairs) {
    Map<SessionId, NotebookSession> first = new HashMap<>();
    Comparator<NotebookSession> order =
        Comparator.comparing(SessionLinks::isMirror)
            .thenComparing(object -> object.getMetadata().getCreationTimestamp())
            .thenComparing(object -> object.getMetadata().getName());
    for (Pair pair : pairs) {
      pair.id()
          .ifPresent(
              id ->
                  first.merge(
                      id,
                      pair.object(),
                      (one, other) -> order.compare(one, other) <= 0 ? one : other));
    }
    return first;
  }

  private boolean hasChanged(Pair pair, Instant now) {
    Last seen = last.get(pair.object().getMetadata().getUid());
    if (seen == null) {
      return true;
    }
    boolean changed =
        seen.failed()
            || !seen.version().equals(pair.object().getMetadata().getResourceVersion())
            || (pair.session() != null && pair.session().version() != seen.session())
            || (pair.session() == null && seen.session() > 0);
    return changed && !now.isBefore(seen.notBefore());
  }

  private boolean isForgotten(Pair pair, Instant now) {
    return !now.isBefore(last(pair.object()).next());
  }

  private Last last(NotebookSession object) {
    return last.getOrDefault(
        object.getMetadata().getUid(), new Last("", 0, Instant.MIN, Instant.MIN, false));
  }

  private boolean mayTry(String key, Instant now) {
    Last seen = last.get(key);
    return seen == null || !now.isBefore(seen.notBefore());
  }

  private Done step(Pair pair, Instant now) {
    if (pair.id().isEmpty()) {
      return reconciler.adopt(pair.object(), now);
    }
    Optional<Session> session =
        Optional.ofNullable(pair.session())
            .or(() -> reconciler.find(pair.object(), pair.id().get()));
    Done done =
        session.isPresent()
            ? reconciler.reconcile(pair.object(), session.get(), now)
            : reconciler.vanished(pair.object(), now);
    // Of one that is over nothing more is to be expected.
    return pair.session() == null ? new Done(done.object(), done.written(), 0) : done;
  }

  private void take(Pair pair, Supplier<Done> step) {
    NotebookSession object = pair.object();
    attempt(object.getMetadata().getUid(), object, step);
  }

  private void mirror(Session session, Instant now) {
    attempt(session.id().toString(), null, () -> reconciler.mirror(session, namespace, now));
  }

  private void attempt(String key, @Nullable NotebookSession object, Supplier<Done> step) {
    try {
      Done done = step.get();
      Instant now = clock.instant();
      done.object().ifPresent(cache::wrote);
      if (done.object().isEmpty() && object != null) {
        cache.remove(object);
      }
      last.remove(key);
      done.object()
          .ifPresent(
              present ->
                  last.put(
                      present.getMetadata().getUid(),
                      new Last(
                          present.getMetadata().getResourceVersion(),
                          done.session(),
                          done.written() ? now.plus(BETWEEN_WRITES) : now,
                          now.plus(betweenLooks(present)),
                          false)));
    } catch (RuntimeException failure) {
      Last before =
          last.put(
              key,
              new Last(
                  "",
                  0,
                  clock.instant().plus(AFTER_FAILURE),
                  clock.instant().plus(AFTER_FAILURE),
                  true));
      // Told once for each series of failures.
      if (before == null || !before.failed()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "session object not written, it is tried again key=" + key,
            failure);
      }
    }
  }

  private static Duration betweenLooks(NotebookSession object) {
    NotebookSessionStatus status = object.getStatus();
    return switch (status == null ? null : status.state()) {
      case STARTING -> BETWEEN_LOOKS_AT_STARTS;
      case STOPPED, FAILED -> BETWEEN_LAST_LOOKS;
      case QUEUED, RUNNING, STOPPING, REJECTED -> BETWEEN_LOOKS;
      case null -> BETWEEN_LOOKS;
    };
  }

  private void runAll(List<Runnable> due) {
    List<? extends Future<?>> running = due.stream().map(writers::submit).toList();
    try {
      for (Future<?> each : running) {
        each.get();
      }
    } catch (InterruptedException closing) {
      running.forEach(each -> each.cancel(true));
      Thread.currentThread().interrupt();
    } catch (ExecutionException failure) {
      throw new IllegalStateException("a step may only fail with what it catches", failure);
    }
  }

  /** So that what is kept does not grow with all that ever was. */
  private void forget(List<Pair> pairs, Set<SessionId> sessions) {
    Set<String> present =
        pairs.stream()
            .map(pair -> pair.object().getMetadata().getUid())
            .collect(Collectors.toSet());
    Set<String> ids = sessions.stream().map(SessionId::toString).collect(Collectors.toSet());
    Set<String> written =
        cache.all().stream()
            .map(object -> object.getMetadata().getUid())
            .collect(Collectors.toSet());
    last.keySet()
        .removeIf(key -> !present.contains(key) && !ids.contains(key) && !written.contains(key));
    made.keySet().removeIf(uid -> !present.contains(uid) && !written.contains(uid));
  }
}
