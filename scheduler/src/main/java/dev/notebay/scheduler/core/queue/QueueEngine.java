package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides who is next, when, and who must leave for whom. It is told what waits, what holds and
 * what there is, change by change; {@link #pass} decides on all of it. For one thread.
 *
 * <p>Each pass:
 *
 * <ol>
 *   <li>The first {@link QueueSettings#window} sessions of the {@linkplain FairOrder order}, and
 *       all that have a promise, are planned one after the other, each as early as delays none
 *       before it ({@link Planner}).
 *   <li>The plan is adopted if it keeps every promise. If not, those whose promise it would break
 *       are planned first; then all with a promise, the most urgent first; then the former plan is
 *       kept, with each start only ever earlier. One of them keeps all promises unless the fleet or
 *       a quota has become less; then what cannot be kept is withdrawn.
 *   <li>Sessions planned for now are placed. Those that may reclaim or preempt and would start
 *       earlier by it have others told to leave ({@link Preemptor}).
 *   <li>Behind the window, whoever fits now without touching a reservation is placed.
 *   <li>Who has a start in the plan for the first time gets a promise: that start, later by at
 *       least {@link QueueSettings#slack} and by half the wait, so that fairness has room. (Slack
 *       as in Talby and Feitelson, "Supporting Priorities and Improving Utilization of the IBM SP
 *       Scheduler Using Slack-Based Backfilling", IPPS 1999.)
 * </ol>
 *
 * <p>Always holds: no device, CPU or memory is given out twice; no queue holds more than its quota
 * and what it may borrow; what is decided depends on what was put, not on the order of the puts.
 * What a pass has decided counts as done; who could not carry it out puts what is true instead.
 */
public final class QueueEngine {
  private static final int REMEMBERED = 10_000;

  private final FleetState fleet;
  private final Placer placer;
  private final QueueSettings settings;
  private final Horizon horizon;
  private final DecayedUsage usage;
  private final Budgets budgets = new Budgets();
  private final Durations durations = new Durations();
  private final Map<SessionId, Entry> waiting = new HashMap<>();
  private final SortedMap<String, Line> lines = new TreeMap<>();
  private final TreeSet<Entry> promised = new TreeSet<>(Pass.URGENT_FIRST);
  private final TreeSet<Entry> byAge = new TreeSet<>(Pass.OLDEST_FIRST);
  private final SortedMap<SessionId, Outcome.Never> impossible = new TreeMap<>();
  private final Set<Entry> unchecked = new LinkedHashSet<>();
  private final Map<Kind, Optional<Decision.Never>> kinds = new HashMap<>();
  private final Map<SessionId, Held> held = new HashMap<>();
  private final TreeSet<Held> byEnd = new TreeSet<>(Held.FIRST_TO_END);
  private final Map<String, Map<String, SortedSet<Held>>> byQueue = new HashMap<>();
  private final Standings standings;
  private Set<Entry> planned = new HashSet<>();
  private long changes;
  private long nextPass = Timeline.NEVER;

  private record Kind(String queue, Request request) {}

  /**
   * @param fleet in which nobody holds anything yet; changed only through this engine from now on
   * @param placer of that fleet
   */
  public QueueEngine(Queues queues, FleetState fleet, Placer placer, QueueSettings settings) {
    this.fleet = fleet;
    this.placer = placer;
    this.settings = settings;
    this.horizon = new Horizon(fleet, queues);
    this.usage = new DecayedUsage(settings.halfLife());
    this.standings = new Standings(this);
  }

  /**
   * A session waits, again or in another way than before. If it was placed by a pass, that was not
   * carried out.
   */
  public void put(Waiting session) {
    Entry former = waiting.get(session.id());
    if (former != null && former.waiting.equals(session)) {
      return;
    }
    if (former != null && former.isOnlyPromised(session)) {
      former.waiting = session;
      promise(former, Timeline.micros(session.startBy().orElseThrow()));
      return;
    }
    Held placed = held.get(session.id());
    if (placed != null) {
      letGo(placed);
      cancelUse(placed.holding());
    }
    var entry = new Entry(session, grace());
    if (former == null) {
      placer.arrived(session.request());
    } else {
      forget(former);
      planned.remove(former);
      if (!entry.isPromised()) {
        entry.startBy = former.startBy;
      }
      if (former.waiting.request().equals(session.request()) && former.length == entry.length) {
        entry.planned = former.planned;
        planned.add(entry);
      }
    }
    waiting.put(session.id(), entry);
    byAge.add(entry);
    unchecked.add(entry);
    if (entry.isPromised()) {
      promised.add(entry);
    }
    changes++;
  }

  /** A session holds something, or holds it in another way than before. */
  public void put(Holding session) {
    Held former = held.get(session.id());
    if (former != null && former.holding().equals(session)) {
      return;
    }
    Entry entry = waiting.remove(session.id());
    if (entry != null) {
      forget(entry);
    }
    boolean isSameUse =
        former != null
            && former.holding().queue().equals(session.queue())
            && former.holding().owner().equals(session.owner())
            && former.holding().since().equals(session.since())
            && former.holding().milli() == session.milli();
    if (former != null) {
      letGo(former);
      if (!isSameUse) {
        cancelUse(former.holding());
      }
    }
    if (!isSameUse) {
      usage.start(session.queue(), session.owner(), session.milli(), session.since());
      budgets.add(
          new UserInQueue(session.queue(), session.owner()),
          session.milli(),
          Timeline.micros(session.since()),
          Timeline.NEVER);
    }
    take(Held.of(session, Timeline.ALWAYS, grace()));
    changes++;
  }

  /**
   * A session waits and holds no more.
   *
   * @param at until when it held what it held, if it did
   */
  public void remove(SessionId id, Instant at) {
    Entry entry = waiting.remove(id);
    if (entry != null) {
      forget(entry);
      changes++;
    }
    Held former = held.get(id);
    if (former != null) {
      Holding holding = former.holding();
      letGo(former);
      usage.stop(holding.queue(), holding.owner(), holding.milli(), holding.since(), at);
      var who = new UserInQueue(holding.queue(), holding.owner());
      budgets.remove(who, holding.milli(), former.since(), Timeline.NEVER);
      budgets.add(who, holding.milli(), former.since(), Timeline.micros(at));
      durations.ended(holding.queue(), Math.max(0, Timeline.micros(at) - former.since()));
      changes++;
    }
  }

  /** What the ledger has of sessions that are over. */
  public void used(Use use) {
    usage.add(use);
    budgets.add(
        new UserInQueue(use.queue(), use.owner()),
        use.milliDevices(),
        Timeline.micros(use.from()),
        Timeline.micros(use.until()));
    changes++;
  }

  /** A node is there, or has become another. */
  public void put(Node node) {
    long before = fleet.changes();
    fleet.put(node);
    if (fleet.changes() != before) {
      reconsiderAll();
    }
  }

  /** A node is no longer there; what sessions hold of it they keep. */
  public void removeNode(String name) {
    long before = fleet.changes();
    fleet.remove(name);
    if (fleet.changes() != before) {
      reconsiderAll();
    }
  }

  /**
   * From now on there are these queues.
   *
   * @return whether they are others than before
   */
  public boolean configure(Queues queues) {
    if (queues.equals(horizon.queues())) {
      return false;
    }
    horizon.become(queues);
    reconsiderAll();
    return true;
  }

  /**
   * Why such a session could never start; empty if it could.
   *
   * @param queue if it is not there, the session would wait for it
   */
  public Optional<Decision.Never> never(String queue, Request request) {
    return horizon
        .queues()
        .find(queue)
        .flatMap(
            found ->
                kinds.computeIfAbsent(
                    new Kind(queue, request),
                    _ -> new Admissible(horizon.queues(), placer).never(found, request)));
  }

  /**
   * Decides.
   *
   * @param now not before that of an earlier pass, nor before anything that was put began
   * @return in the order in which it is to be carried out
   */
  public List<Outcome> pass(Instant now) {
    long at = Timeline.micros(now);
    stayLonger(at);
    checkNew();
    List<Outcome> outcomes = new ArrayList<>(impossible.values());
    var pass = new Pass(this, at);
    outcomes.addAll(pass.decide());
    nextPass = pass.nextPass();
    return outcomes;
  }

  /**
   * When the next pass may decide something even if nothing is put before; empty where none will.
   */
  public Optional<Instant> nextPass() {
    return nextPass == Timeline.NEVER ? Optional.empty() : Optional.of(Timeline.instant(nextPass));
  }

  /** What can be told to a waiting session as of the last pass; empty if it does not wait. */
  public Optional<Standing> standing(SessionId id, Instant now) {
    checkNew();
    return Optional.ofNullable(waiting.get(id))
        .map(entry -> standings.of(entry, Timeline.micros(now)));
  }

  /** What could be told to a session that no pass has seen, if it waited too. */
  public Standing outlook(Waiting session, Instant now) {
    checkNew();
    return standings.of(new Entry(session, grace()), Timeline.micros(now));
  }

  boolean isWaiting(Entry entry) {
    return waiting.get(entry.waiting.id()) == entry;
  }

  /** How many wait. */
  public int waiting() {
    return waiting.size();
  }

  /** GPU-seconds used by a queue, of which half is forgotten in each half-life. */
  public double usage(String queue, Instant now) {
    return usage.of(queue, now) / 1000;
  }

  FleetState fleet() {
    return fleet;
  }

  Placer placer() {
    return placer;
  }

  QueueSettings settings() {
    return settings;
  }

  Horizon horizon() {
    return horizon;
  }

  DecayedUsage usage() {
    return usage;
  }

  Durations durations() {
    return durations;
  }

  Collection<Line> lines() {
    return lines.values();
  }

  Optional<Line> line(String queue) {
    return Optional.ofNullable(lines.get(queue));
  }

  /** Whether a session of the queue waits or holds something. */
  boolean isActive(String queue) {
    return lines.containsKey(queue)
        || byQueue.getOrDefault(queue, Map.of()).values().stream().anyMatch(h -> !h.isEmpty());
  }

  /** The most urgent first. */
  SortedSet<Entry> promised() {
    return promised;
  }

  /** Who has waited longest first. */
  SortedSet<Entry> byAge() {
    return byAge;
  }

  Map<String, Map<String, SortedSet<Held>>> held() {
    return byQueue;
  }

  Collection<Held> allHeld() {
    return held.values();
  }

  Optional<Outcome.Never> impossible(SessionId id) {
    return Optional.ofNullable(impossible.get(id));
  }

  /** Another number after every change. */
  long changes() {
    return changes;
  }

  long grace() {
    return Timeline.micros(settings.grace());
  }

  FairOrder order(long now) {
    return new FairOrder(lines.values(), horizon, usage, settings, now);
  }

  /** Only of those that ask for one of these, by queue. */
  FairOrder order(Map<Line, Set<Request>> some, long now) {
    return FairOrder.of(some, horizon, usage, settings, now);
  }

  /** When the budget of the session's owner lets it start again; empty if it does now. */
  Optional<Long> budgetFrom(Entry entry, long now) {
    return horizon
        .queues()
        .find(entry.waiting.queue())
        .flatMap(queue -> queue.userLimits().budget())
        .filter(_ -> !entry.waiting.request().accelerator().isNone())
        .filter(budget -> budgetUsed(entry, budget, now) >= budget.gpuSeconds())
        .map(budget -> Budgets.end(budget, now));
  }

  long budgetUsed(Entry entry, UserLimits.Budget budget, long now) {
    return budgets.used(new UserInQueue(entry.waiting.queue(), entry.waiting.owner()), budget, now);
  }

  void promise(Entry entry, long startBy) {
    promised.remove(entry);
    entry.startBy = startBy;
    if (entry.isPromised()) {
      promised.add(entry);
    }
  }

  /** Only these are in the plan; what was planned for others before is void. */
  void planned(Set<Entry> entries) {
    planned.stream().filter(entry -> !entries.contains(entry)).forEach(Entry::unplan);
    planned = new HashSet<>(entries);
  }

  /** It was placed now; the fleet knows already. */
  void placed(Entry entry, Planner.Planned planned, long now) {
    Waiting session = entry.waiting;
    fleet.release(Planner.allotment(planned));
    put(
        new Holding(
            session.id(),
            session.owner(),
            session.queue(),
            session.priority(),
            planned.booking().type(),
            Planner.allotment(planned),
            Timeline.instant(now),
            entry.length == Timeline.NEVER
                ? Optional.empty()
                : Optional.of(Timeline.instant(now + entry.length)),
            new Activity.Busy(),
            Optional.empty()));
  }

  private void take(Held one) {
    held.put(one.holding().id(), one);
    fleet.take(one.holding().allotment());
    enter(one);
  }

  private void letGo(Held one) {
    held.remove(one.holding().id());
    fleet.release(one.holding().allotment());
    leave(one);
  }

  private void enter(Held one) {
    horizon.hold(one.booking());
    byEnd.add(one);
    byQueue
        .computeIfAbsent(one.holding().queue(), _ -> new HashMap<>())
        .computeIfAbsent(one.holding().accelerator(), _ -> new TreeSet<>(Held.OLDEST_FIRST))
        .add(one);
  }

  private void leave(Held one) {
    horizon.drop(one.booking());
    byEnd.remove(one);
    byQueue
        .getOrDefault(one.holding().queue(), Map.of())
        .getOrDefault(one.holding().accelerator(), new TreeSet<>(Held.OLDEST_FIRST))
        .remove(one);
  }

  /** Who should be gone and is not stays a little longer, as far as anybody can tell. */
  private void stayLonger(long now) {
    while (!byEnd.isEmpty() && byEnd.first().booking().until() <= now) {
      Held overdue = byEnd.first();
      leave(overdue);
      Held later = Held.of(overdue.holding(), now, grace());
      held.put(later.holding().id(), later);
      enter(later);
    }
  }

  private void cancelUse(Holding holding) {
    usage.cancel(holding.queue(), holding.owner(), holding.milli(), holding.since());
    budgets.remove(
        new UserInQueue(holding.queue(), holding.owner()),
        holding.milli(),
        Timeline.micros(holding.since()),
        Timeline.NEVER);
  }

  private void forget(Entry entry) {
    SessionId id = entry.waiting.id();
    promised.remove(entry);
    byAge.remove(entry);
    boolean wasInLine = !unchecked.remove(entry) && impossible.remove(id) == null;
    if (wasInLine) {
      Line line = lines.get(entry.waiting.queue());
      if (line != null) {
        line.remove(entry);
        if (line.size() == 0) {
          lines.remove(entry.waiting.queue());
        }
      }
    }
  }

  private void reconsiderAll() {
    horizon.nodesChanged();
    kinds.clear();
    lines.clear();
    impossible.clear();
    unchecked.addAll(waiting.values());
    changes++;
  }

  private void checkNew() {
    for (Entry entry : unchecked) {
      Waiting session = entry.waiting;
      Optional<Decision.Never> never = never(session.queue(), session.request());
      if (never.isPresent()) {
        impossible.put(
            session.id(),
            new Outcome.Never(
                session.id(), never.get().reason(), never.get().message(), never.get().metadata()));
      } else {
        lines.computeIfAbsent(session.queue(), Line::new).add(entry);
      }
    }
    unchecked.clear();
    if (kinds.size() > REMEMBERED) {
      kinds.clear();
    }
  }
}
