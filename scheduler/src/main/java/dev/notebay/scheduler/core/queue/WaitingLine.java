package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.placement.WaitReason;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.MemoryShare;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One replica's {@link QueueEngine}, told of sessions as they are read and of nodes as they are
 * seen, and asked from any thread.
 *
 * <p>What the engine has decided it takes for done. So whatever a pass was about is told to it
 * again before the next one, as it was read by then: what was not carried out, by a replica that
 * does not lead or because somebody else was faster, is decided anew. All others are told only when
 * they have changed, so that a pass costs what has changed.
 */
public final class WaitingLine {
  private static final int REMEMBERED = 10_000;

  private final Fleet fleet;
  private final Function<SessionId, Activity> activity;
  private final Duration stopGrace;
  private final ReentrantLock lock = new ReentrantLock();
  private final FleetState state = FleetState.of(List.of());
  private final QueueEngine engine;

  /** All unfinished sessions, as they were last read. */
  private final Map<SessionId, Session> read = new HashMap<>();

  /** Of whom the engine is to be told before it decides. */
  private final Set<SessionId> untold = new LinkedHashSet<>();

  /** Who runs, and what the engine was told of that. */
  private final Map<SessionId, Activity> running = new HashMap<>();

  private List<Node> nodes = List.of();
  private volatile Admitted admitted = new Admitted(nodes);
  private volatile int waiting;

  /** What could ever start on these nodes, with the queues of the time. */
  private record Admitted(List<Node> nodes, Map<Kind, Optional<Decision.Never>> known) {
    private Admitted(List<Node> nodes) {
      this(nodes, new ConcurrentHashMap<>());
    }
  }

  private record Kind(String queue, Request request) {}

  /**
   * @param activity what is known of a running session here
   * @param stopGrace how long a session that has been asked to end may take
   */
  public WaitingLine(
      Fleet fleet,
      Function<FleetState, Ranking> ranking,
      QueueSettings settings,
      Function<SessionId, Activity> activity,
      Duration stopGrace) {
    this.fleet = fleet;
    this.activity = activity;
    this.stopGrace = stopGrace;
    this.engine =
        new QueueEngine(Queues.builtIn(), state, new Placer(state, ranking.apply(state)), settings);
  }

  /**
   * What is to become of a session.
   *
   * @param event changes it so
   */
  public record Verdict(Session session, SessionEvent event) {}

  /** A session was read that is another than before. */
  public void changed(Session session) {
    lock.lock();
    try {
      read.put(session.id(), session);
      untold.add(session.id());
    } finally {
      lock.unlock();
    }
  }

  /** A session is no longer unfinished. */
  public void over(SessionId id) {
    lock.lock();
    try {
      read.remove(id);
      untold.add(id);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Decides on every waiting session.
   *
   * @return in the order in which it is to be carried out; sessions that go on waiting as before
   *     have none
   */
  public List<Verdict> decide(List<Node> present, Instant now) {
    lock.lock();
    try {
      see(present);
      tellAll(now);
      List<Verdict> verdicts = new ArrayList<>();
      for (Outcome outcome : engine.pass(now)) {
        verdicts.addAll(verdicts(outcome, now));
      }
      verdicts.forEach(verdict -> untold.add(verdict.session().id()));
      waiting = engine.waiting();
      return verdicts;
    } finally {
      lock.unlock();
    }
  }

  /** From now on there are these queues. */
  public void configure(Queues present) {
    lock.lock();
    try {
      if (engine.configure(present)) {
        admitted = new Admitted(nodes);
      }
    } finally {
      lock.unlock();
    }
  }

  /** What the ledger has of sessions that are over; once. */
  public void used(Collection<Use> uses) {
    lock.lock();
    try {
      uses.forEach(engine::used);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Why no session like this could ever start, whoever leaves; empty where it could, and where its
   * queue is not there.
   */
  public Optional<Decision.Never> never(SessionSpec spec) {
    var kind = new Kind(spec.queue(), request(spec));
    Admitted present = admitted;
    Optional<Decision.Never> known =
        present.nodes() == fleet.nodes() ? present.known().get(kind) : null;
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      see(fleet.nodes());
      Optional<Decision.Never> never = engine.never(kind.queue(), kind.request());
      if (admitted.known().size() >= REMEMBERED) {
        admitted = new Admitted(nodes);
      }
      admitted.known().put(kind, never);
      return never;
    } finally {
      lock.unlock();
    }
  }

  /** What can be told to a waiting session now, whether or not a pass has seen it. */
  public Standing standing(Session session, Instant now) {
    lock.lock();
    try {
      return standingNow(session, now);
    } finally {
      lock.unlock();
    }
  }

  /**
   * What can be told at once to a session that has just come: nobody is kept waiting because a pass
   * is under way.
   */
  public Standing firstStanding(Session session, Instant now) {
    if (!lock.tryLock()) {
      return new Standing(
          waiting + 1,
          WaitReason.PENDING_EVALUATION,
          "it has just come, and those before it are being looked at",
          Optional.empty(),
          Optional.empty());
    }
    try {
      return standingNow(session, now);
    } finally {
      lock.unlock();
    }
  }

  private Standing standingNow(Session session, Instant now) {
    see(fleet.nodes());
    return engine
        .standing(session.id(), now)
        .orElseGet(() -> engine.outlook(waiting(session), now));
  }

  private void see(List<Node> present) {
    if (present == nodes || present.equals(nodes)) {
      return;
    }
    Set<String> names = present.stream().map(Node::name).collect(Collectors.toSet());
    nodes.stream()
        .map(Node::name)
        .filter(name -> !names.contains(name))
        .forEach(engine::removeNode);
    present.forEach(engine::put);
    nodes = present;
    admitted = new Admitted(present);
  }

  private void tellAll(Instant now) {
    for (SessionId id : untold) {
      running.remove(id);
      Session session = read.get(id);
      if (session == null) {
        engine.remove(id, now);
      } else {
        tell(session);
      }
    }
    untold.clear();
    // That one has become idle, or is used again, is not written.
    running.replaceAll(
        (id, told) -> {
          Activity present = activity.apply(id);
          Session session = read.get(id);
          if (session != null && !present.equals(told)) {
            engine.put(holding(session, present));
          }
          return present;
        });
  }

  private void tell(Session session) {
    switch (session.state()) {
      case Queued _ -> engine.put(waiting(session));
      case Starting _, Stopping _ -> engine.put(holding(session, new Activity.Busy()));
      case Running _ -> {
        Activity present = activity.apply(session.id());
        running.put(session.id(), present);
        engine.put(holding(session, present));
      }
      case Ended(_, _, var at, var volumeHeld) -> {
        engine.remove(session.id(), at);
        if (!volumeHeld) {
          read.remove(session.id());
        }
      }
    }
  }

  private List<Verdict> verdicts(Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Place(var id, var type, var allotment) ->
          verdict(
              id,
              new Placed(
                  new Assignment(
                      allotment.node(), type, allotment.devices(), memoryOf(allotment), now)));
      case Outcome.Preempt(_, var victims, _) ->
          victims.stream()
              .flatMap(
                  victim ->
                      verdict(victim.session(), new PreemptionNoticed(victim.until(), now))
                          .stream())
              .toList();
      case Outcome.Never(var id, _, var message, _) ->
          verdict(id, new StopAsked(EndReason.UNPLACEABLE, message, now));
      case Outcome.Promise(var id, var startBy) ->
          verdict(id, new Promised(Optional.of(startBy), now));
      case Outcome.Withdrawn(var id, _) -> verdict(id, new Promised(Optional.empty(), now));
    };
  }

  private Optional<MemoryShare> memoryOf(Allotment allotment) {
    if (allotment.milli() == Accelerator.WHOLE) {
      return Optional.empty();
    }
    return state.node(state.indexOf(allotment.node())).node().orElseThrow().devices().stream()
        .filter(device -> allotment.devices().contains(device.id()) && device.memoryBytes() > 0)
        .map(device -> new MemoryShare(allotment.memoryBytes(), device.memoryBytes()))
        .findFirst();
  }

  private List<Verdict> verdict(SessionId id, SessionEvent event) {
    Session session = read.get(id);
    return session == null ? List.of() : List.of(new Verdict(session, event));
  }

  private static Waiting waiting(Session session) {
    if (!(session.state() instanceof Queued(_, var heldBack, var startBy))) {
      throw new IllegalArgumentException(
          "session: " + session.state().label() + " (expected: QUEUED)");
    }
    SessionSpec spec = session.spec();
    return new Waiting(
        session.id(),
        session.owner(),
        spec.queue(),
        spec.priority(),
        request(spec),
        Optional.of(spec.policy().maximumLifetime()),
        session.created(),
        heldBack,
        startBy);
  }

  private Holding holding(Session session, Activity activity) {
    Assignment held = session.state().held().orElseThrow();
    SessionSpec spec = session.spec();
    return new Holding(
        session.id(),
        session.owner(),
        spec.queue(),
        spec.priority(),
        held.type(),
        new Allotment(
            held.node(),
            held.devices(),
            spec.accelerator().milli(),
            held.memory().map(MemoryShare::bytes).orElse(spec.accelerator().memoryBytes()),
            spec.compute()),
        held.at(),
        session.state() instanceof Stopping(_, _, _, var since)
            ? Optional.of(since.plus(stopGrace))
            : session.lifetimeEnd(),
        activity,
        session.preemptAt());
  }

  private static Request request(SessionSpec spec) {
    return new Request(spec.accelerator(), spec.compute());
  }
}
