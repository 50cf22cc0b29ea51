package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.EtagMismatch;
import dev.notebay.scheduler.core.SchedulerException.Impossible;
import dev.notebay.scheduler.core.SchedulerException.RequestIdReused;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.SchedulerException.TooManySessions;
import dev.notebay.scheduler.core.SchedulerException.WrongState;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Claimed;
import dev.notebay.scheduler.core.session.SessionEvent.Extended;
import dev.notebay.scheduler.core.session.SessionEvent.Ready;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Cursor;
import dev.notebay.scheduler.core.session.SessionStore.Insertion;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What people and agents may ask of sessions. Everything that changes a session is one
 * compare-and-set; lost races are decided again from what is there then.
 */
public final class SessionRequests {
  private static final int ATTEMPTS = 8;

  /** An agent repeats its wish while it holds, so an old one need not be followed. */
  private static final Duration IDLE_WISH_HOLDS = Duration.ofSeconds(3);

  private final SessionStore store;
  private final WaitingLine line;
  private final Agents agents;
  private final Allowance allowance;
  private final Supplier<UUID> ids;
  private final Consumer<Session> changed;

  /**
   * @param line tells those who wait why and where
   * @param ids makes the ids of new sessions
   * @param changed told of every session that was written here
   */
  public SessionRequests(
      SessionStore store,
      WaitingLine line,
      Agents agents,
      Allowance allowance,
      Supplier<UUID> ids,
      Consumer<Session> changed) {
    this.store = store;
    this.line = line;
    this.agents = agents;
    this.allowance = allowance;
    this.ids = ids;
    this.changed = changed;
  }

  /**
   * Makes a session, or finds the one that the same request made before.
   *
   * @throws Impossible when this fleet can never give what is asked
   * @throws RequestIdReused when the key was used for another request
   * @throws TooManySessions when the owner has as many as one person may have
   */
  public SessionView create(Owner owner, SessionSpec spec, RequestKey key, Instant now) {
    Session session = Session.queued(new SessionId(ids.get()), owner, spec, now);
    Optional<Impossible> never = impossible(spec);
    // A repeated request is answered even if the fleet has changed since.
    if (never.isPresent() && !isKnown(owner, key)) {
      throw never.get();
    }
    return switch (store.insert(session, key, allowance.unfinishedSessions())) {
      case Insertion.Inserted(var inserted) -> {
        // First, because whoever is told of the change begins a pass.
        Standing standing = line.firstStanding(inserted, now);
        changed.accept(inserted);
        yield new SessionView(inserted, Optional.of(standing), Optional.empty(), false);
      }
      case Insertion.Repeated(var first) -> view(first, now);
      case Insertion.KeyReused() -> throw new RequestIdReused(key.id().toString());
      case Insertion.TooMany() -> throw new TooManySessions(allowance.unfinishedSessions());
    };
  }

  /** Whether the owner has made a request with this id before. */
  public boolean isKnown(Owner owner, RequestKey key) {
    return store.findByRequest(owner, key.id()).isPresent();
  }

  /** What the owner's request with this id made. */
  public Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return store.findByRequest(owner, requestId);
  }

  /** What would become of a session now, without making it. */
  public SessionView tryOut(Owner owner, SessionSpec spec, Instant now) {
    Session session = Session.queued(new SessionId(ids.get()), owner, spec, now);
    impossible(spec)
        .ifPresent(
            never -> {
              throw never;
            });
    return view(session, now);
  }

  /**
   * @throws SessionNotFound when the owner has no such session
   */
  public SessionView get(Owner owner, SessionId id, Instant now) {
    return view(own(owner, id), now);
  }

  public List<SessionView> list(
      Owner owner, boolean withEnded, Optional<Cursor> after, int limit, Instant now) {
    return store.list(owner, withEnded, after, limit).stream()
        .map(session -> view(session, now))
        .toList();
  }

  /**
   * Asks for a session's end; one that is ending or over stays as it is.
   *
   * @param etag the version that the caller has seen, if that matters to them
   */
  public SessionView stop(Owner owner, SessionId id, Optional<String> etag, Instant now) {
    Session stopped =
        change(
            own(owner, id),
            session -> {
              if (etag.isPresent() && !etag.get().equals(etagOf(session))) {
                throw new EtagMismatch(etag.get());
              }
              return session.on(new StopAsked(EndReason.USER_REQUEST, "stopped by its owner", now));
            });
    return view(stopped, now);
  }

  /**
   * Holds a running session active for {@code extension} from now, but not beyond its maximum
   * lifetime.
   *
   * @throws WrongState when it is not running
   */
  public SessionView extend(Owner owner, SessionId id, Optional<Duration> extension, Instant now) {
    Session extended =
        change(
            own(owner, id),
            session -> {
              if (!(session.state() instanceof Running)) {
                throw new WrongState(
                    "only a running session can be extended", session.state().label());
              }
              Instant until = now.plus(extension.orElse(session.spec().policy().idleTimeout()));
              Instant latest = session.latestEnd().orElse(until);
              return session.on(new Extended(until.isBefore(latest) ? until : latest, now));
            });
    return view(extended, now);
  }

  /**
   * Grants a runtime the right to be a session's, before it touches device or volume. The same
   * runtime may ask again.
   *
   * @throws ClaimRefused when the attempt is not the present one, or another runtime has claimed it
   */
  public Session claim(RuntimeName name, String runtimeUid, Instant now) {
    Session session =
        change(
            name.session(),
            present -> {
              if (present.attempt() != name.attempt()) {
                throw new ClaimRefused(
                    "attempt " + name.attempt() + " is not the session's present one");
              }
              return present.isClaimedBy(runtimeUid)
                  ? Optional.empty()
                  : present.on(new Claimed(runtimeUid, now));
            });
    if (!session.isClaimedBy(runtimeUid)) {
      throw new ClaimRefused(
          "the session is " + session.state().label() + ", or another runtime has claimed it");
    }
    return session;
  }

  /**
   * Notes that a claimed runtime answers requests. One that is not, or no longer, the session's
   * changes nothing.
   */
  public Session ready(RuntimeName name, String runtimeUid, URI jupyter, Instant now) {
    return change(name.session(), session -> session.on(new Ready(runtimeUid, jupyter, now)));
  }

  /**
   * Decides on an agent's wish to end. One that is based on an older policy is not followed; nor is
   * one to end an idle session that has been long under way, or whose agent last said that it is
   * active: the session may be used by now.
   *
   * @param clock asked before every write, since a store may take its time
   * @return the session afterwards: stopping if the wish was followed
   */
  public Session endRequest(RuntimeName name, EndWish wish, InstantSource clock) {
    return change(
        name.session(),
        session -> {
          Instant now = clock.instant();
          return session.attempt() == name.attempt() && isFollowed(session, wish, now)
              ? session.on(endOf(session, wish, now))
              : Optional.empty();
        });
  }

  /** To an agent the end of a lifetime and the end of a notice are one thing. */
  private static StopAsked endOf(Session session, EndWish wish, Instant now) {
    return wish.reason() == EndReason.MAX_LIFETIME
            && session.latestEndReason() == EndReason.PREEMPTED
        ? StopAsked.noticeIsOver(now)
        : new StopAsked(wish.reason(), wish.message(), now);
  }

  private boolean isFollowed(Session session, EndWish wish, Instant now) {
    boolean ofPresentPolicy = wish.policyGeneration() == session.policyGeneration();
    return switch (wish.reason()) {
      case USER_REQUEST -> true;
      case IDLE_TIMEOUT ->
          ofPresentPolicy
              && !now.isAfter(wish.asOf().plus(IDLE_WISH_HOLDS))
              && !isReportedActive(session.id());
      case MAX_LIFETIME,
          PREEMPTED,
          START_FAILED,
          START_TIMEOUT,
          RUNTIME_LOST,
          NODE_LOST,
          VOLUME_NOT_FOUND,
          VOLUME_UNAVAILABLE,
          IMAGE_UNAVAILABLE,
          KERNEL_OUT_OF_MEMORY,
          EVICTED,
          UNPLACEABLE ->
          ofPresentPolicy;
    };
  }

  private boolean isReportedActive(SessionId id) {
    return agents
        .lastReport(id)
        .flatMap(AgentReport::activity)
        .filter(AgentReport.Activity::active)
        .isPresent();
  }

  /** Whose session this is and what it has been promised, for its agent's link. */
  public Optional<Session> find(SessionId id) {
    return store.find(id);
  }

  /** What the caller must send back to change exactly what they saw. */
  public static String etagOf(Session session) {
    return Long.toString(session.version());
  }

  /** A session with all that is known about it now. */
  public SessionView view(Session session, Instant now) {
    return switch (session.state()) {
      case Queued _ ->
          new SessionView(
              session, Optional.of(line.standing(session, now)), Optional.empty(), false);
      case Ended _ -> new SessionView(session, Optional.empty(), Optional.empty(), false);
      case Starting _, Running _, Stopping _ ->
          new SessionView(
              session,
              Optional.empty(),
              agents.lastReport(session.id()),
              agents.isConnected(session.id()),
              agents
                  .lastStart(session.id())
                  .filter(start -> start.name().attempt() == session.attempt()));
    };
  }

  private Session own(Owner owner, SessionId id) {
    return store
        .find(id)
        .filter(session -> session.owner().equals(owner))
        .orElseThrow(() -> new SessionNotFound(id.toString()));
  }

  private Session present(SessionId id) {
    return store.find(id).orElseThrow(() -> new SessionNotFound(id.toString()));
  }

  /**
   * Writes what {@code step} makes of the session, again from the start whenever somebody else was
   * faster.
   */
  private Session change(SessionId id, Function<Session, Optional<Session>> step) {
    return change(present(id), step);
  }

  /** The same, of a session that was just read. */
  private Session change(Session read, Function<Session, Optional<Session>> step) {
    SessionId id = read.id();
    Session present = read;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Optional<Session> next = step.apply(present);
      if (next.isEmpty()) {
        return present;
      }
      if (store.replace(next.get()) == Replacement.REPLACED) {
        changed.accept(next.get());
        return next.get();
      }
      present = present(id);
    }
    throw new StoreUnavailable(
        "session " + id + " is being changed by others all the time", new IllegalStateException());
  }

  private Optional<Impossible> impossible(SessionSpec spec) {
    return spec.image()
        .flatMap(
            image ->
                allowance
                    .images()
                    .fault(image)
                    .map(
                        expected ->
                            new Impossible(
                                "IMAGE_IMPOSSIBLE",
                                "image: " + image.reference() + " (expected: " + expected + ")",
                                Map.of("image", image.reference(), "expected", expected))))
        .or(
            () ->
                line.never(spec)
                    .map(
                        never ->
                            new Impossible(never.reason(), never.message(), never.metadata())));
  }
}
