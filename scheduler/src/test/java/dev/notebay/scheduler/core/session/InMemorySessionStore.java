package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Inserted;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.KeyReused;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Repeated;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.TooMany;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
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
public final class InMemorySessionStore implements SessionStore, LeaderLease {
  private static final String HISTORY = "memory";
  private static final Comparator<Session> OLDEST_FIRST =
      Comparator.comparing(Session::created).thenComparing(session -> session.id().toString());

  private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
  private final Map<Request, Made> requests = new HashMap<>();
  private final Map<Slot, Map<SessionId, Part>> bookings = new HashMap<>();
  private final List<DeviceUse> uses = new ArrayList<>();
  private final Map<SessionId, Long> written = new HashMap<>();
  private final InstantSource clock;
  private long writes;
  private long oldest;
  private long epoch;
  private String leader = "";
  private Instant leaseEnd = Instant.MIN;

  /** With the machine's clock. */
  public InMemorySessionStore() {
    this(InstantSource.system());
  }

  /**
   * @param clock the store's own
   */
  public InMemorySessionStore(InstantSource clock) {
    this.clock = clock;
  }

  private record Request(Owner owner, UUID id) {}

  private record Made(String digest, SessionId session) {}

  private record Slot(String node, String device) {}

  /** What a session has of a device. */
  private record Part(int milli, Optional<MemoryShare> memory) {
    private static Part of(Session session) {
      return new Part(
          session.spec().accelerator().milli(), session.state().held().flatMap(Assignment::memory));
    }

    private long memoryBytes() {
      return memory.map(MemoryShare::bytes).orElse(0L);
    }
  }

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
    Session kept = Kept.of(session);
    if (sessions.putIfAbsent(kept.id(), kept) != null) {
      throw new IllegalStateException("session exists already: " + kept.id());
    }
    written.put(kept.id(), ++writes);
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
    Session kept = Kept.of(next);
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
    if (!wanted.stream().allMatch(slot -> hasRoom(slot, kept))) {
      return Replacement.DEVICE_TAKEN;
    }
    book(kept, wanted);
    sessions.put(kept.id(), kept);
    written.put(kept.id(), ++writes);
    return Replacement.REPLACED;
  }

  private void book(Session session, List<Slot> wanted) {
    Instant at = now();
    uses.replaceAll(
        use ->
            use.session().equals(session.id())
                    && use.until().isEmpty()
                    && !wanted.contains(new Slot(use.node(), use.device()))
                ? ended(use, at)
                : use);
    List<Slot> before =
        bookings.entrySet().stream()
            .filter(booking -> booking.getValue().containsKey(session.id()))
            .map(Map.Entry::getKey)
            .toList();
    before.stream()
        .filter(slot -> !wanted.contains(slot))
        .forEach(slot -> holders(slot).remove(session.id()));
    wanted.stream()
        .filter(slot -> !before.contains(slot))
        .forEach(
            slot -> {
              holders(slot).put(session.id(), Part.of(session));
              uses.add(
                  new DeviceUse(
                      session.id(),
                      session.attempt(),
                      slot.node(),
                      slot.device(),
                      session.spec().accelerator().milli(),
                      at,
                      Optional.empty()));
            });
  }

  private static DeviceUse ended(DeviceUse use, Instant at) {
    return new DeviceUse(
        use.session(),
        use.attempt(),
        use.node(),
        use.device(),
        use.milli(),
        use.from(),
        Optional.of(at));
  }

  @Override
  public synchronized List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
    if (next.stream().map(Session::id).distinct().count() != next.size()) {
      throw new IllegalArgumentException("a session twice: " + next);
    }
    if (epoch.number() != this.epoch) {
      return Collections.nCopies(next.size(), Replacement.FENCED);
    }
    Map<SessionId, Replacement> results = new HashMap<>();
    next.stream()
        .sorted(Comparator.comparing(session -> session.state().held().isPresent()))
        .forEach(session -> results.put(session.id(), replace(session)));
    return next.stream()
        .map(session -> results.getOrDefault(session.id(), Replacement.CHANGED))
        .toList();
  }

  @Override
  public Instant now() {
    return SessionStore.kept(clock.instant());
  }

  @Override
  public synchronized List<DeviceUse> uses(SessionId id) {
    return uses.stream()
        .filter(use -> use.session().equals(id))
        .sorted(Comparator.comparing(DeviceUse::from).thenComparing(DeviceUse::device))
        .toList();
  }

  @Override
  public synchronized Optional<Epoch> acquire(String replica, Duration term) {
    Instant now = now();
    if (epoch > 0 && !replica.equals(leader) && !leaseEnd.isBefore(now)) {
      return Optional.empty();
    }
    epoch++;
    leader = replica;
    leaseEnd = now.plus(term);
    return Optional.of(new Epoch(epoch));
  }

  @Override
  public synchronized boolean renew(Epoch reign, Duration term) {
    if (reign.number() != epoch) {
      return false;
    }
    leaseEnd = now().plus(term);
    return true;
  }

  @Override
  public synchronized void release(Epoch reign) {
    if (reign.number() == epoch) {
      leaseEnd = Instant.MIN;
    }
  }

  private Map<SessionId, Part> holders(Slot slot) {
    return bookings.computeIfAbsent(slot, _ -> new HashMap<>());
  }

  /** Whether the session has it already, or others have so little of it that it may. */
  private boolean hasRoom(Slot slot, Session session) {
    Collection<Part> parts = holders(slot).values();
    if (holders(slot).containsKey(session.id())) {
      return true;
    }
    Part own = Part.of(session);
    long memory = own.memoryBytes() + parts.stream().mapToLong(Part::memoryBytes).sum();
    return own.milli() + parts.stream().mapToInt(Part::milli).sum() <= Accelerator.WHOLE
        && own.memory().stream().allMatch(share -> memory <= share.ofBytes());
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
  public synchronized Changes changes(Changes.Mark since) {
    var next = new Changes.Mark(HISTORY, writes + 1);
    if (!since.history().equals(HISTORY) || since.position() < oldest) {
      return new Changes(unfinished(), true, next);
    }
    List<Session> changed =
        written.entrySet().stream()
            .filter(entry -> entry.getValue() >= since.position())
            .sorted(Map.Entry.comparingByValue())
            .map(entry -> stored(entry.getKey()))
            .toList();
    return new Changes(changed, false, next);
  }

  @Override
  public synchronized void forgetChanges(Changes.Mark before) {
    if (before.history().equals(HISTORY)) {
      oldest = Math.max(oldest, before.position());
      written.values().removeIf(write -> write < oldest);
    }
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
}
