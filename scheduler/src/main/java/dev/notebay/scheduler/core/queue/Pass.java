package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.queue.Outcome.Victim;
import dev.notebay.scheduler.core.queue.Planner.Planned;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** One pass of the {@link QueueEngine}, which says what it does. */
final class Pass {
  /** By promise, then who has waited longest. */
  static final Comparator<Entry> URGENT_FIRST =
      Comparator.<Entry>comparingLong(entry -> entry.startBy)
          .thenComparingLong(entry -> entry.created)
          .thenComparing(entry -> entry.waiting.id());

  static final Comparator<Entry> OLDEST_FIRST =
      Comparator.<Entry>comparingLong(entry -> entry.created)
          .thenComparing(entry -> entry.waiting.id());

  /** How many of those who have waited longest are planned for, wherever they are in the order. */
  private static final int OLDEST = 32;

  /**
   * So many are placed at most, or a few more, so that what was decided is carried out before it is
   * out of date. The next pass, which is due at once, places the others.
   */
  private static final int MOST_PLACED = 1_000;

  private static final int ROUNDS = 3;
  private static final int MORE_ROUNDS = 12;
  private static final double HALF = 0.5;

  /** Microseconds: some thousand years. */
  private static final double LONGEST_SLACK = 1e17;

  private final QueueEngine engine;
  private final Horizon horizon;
  private final long now;
  private final List<Outcome> outcomes = new ArrayList<>();
  private final Preemptor preemptor;
  private final FairOrder order;
  private long nextPass = Timeline.NEVER;
  private double activeWeight;

  private record Turn(String queue, List<Target> targets, int priority) {}

  private record QueueAndType(String queue, String type) {}

  Pass(QueueEngine engine, long now) {
    this.engine = engine;
    this.horizon = engine.horizon();
    this.now = now;
    this.preemptor = new Preemptor(horizon, engine.fleet(), engine.held(), now);
    this.order = engine.order(now);
  }

  List<Outcome> decide() {
    List<Entry> window = window();
    Planner planner = adopt(window);
    evict(planner);
    fill(planner);
    settle(planner);
    return outcomes;
  }

  /** When something may be decided even if nothing changes before. */
  long nextPass() {
    return Math.min(nextPass, preemptor.ripeAt());
  }

  /** Who is planned for: the first in the order, the others who have a promise, the oldest. */
  private List<Entry> window() {
    List<Entry> window = new ArrayList<>();
    while (window.size() < engine.settings().window()) {
      Entry entry = order.next();
      if (entry == null) {
        break;
      }
      if (mayStart(entry)) {
        window.add(entry);
      }
    }
    Set<Entry> known = new HashSet<>(window);
    for (Entry entry : List.copyOf(engine.promised())) {
      if (known.add(entry) && mayStart(entry) && isInLine(entry)) {
        window.add(entry);
      }
    }
    long patience = Timeline.micros(engine.settings().patience());
    engine.byAge().stream()
        .limit(OLDEST)
        .takeWhile(entry -> entry.created + patience <= now)
        .filter(entry -> known.add(entry) && mayStart(entry) && isInLine(entry))
        .forEach(window::add);
    return window;
  }

  /** Whether only others keep it from starting; if not, nothing is promised to it. */
  private boolean mayStart(Entry entry) {
    Optional<Long> from =
        entry.isHeldBack(now) ? entry.heldBackUntil() : engine.budgetFrom(entry, now);
    if (from.isPresent()) {
      nextPass = Math.min(nextPass, from.get());
      withdraw(entry);
      entry.planned = null;
    }
    return from.isEmpty();
  }

  private boolean isInLine(Entry entry) {
    return horizon.queues().find(entry.waiting.queue()).isPresent()
        && engine.impossible(entry.waiting.id()).isEmpty();
  }

  private Planner adopt(List<Entry> window) {
    Planner planner = improve(window, List.of(), ROUNDS);
    if (late(planner).isEmpty()) {
      return planner;
    }
    planner.undo();
    List<Entry> byPromise = window.stream().filter(Entry::isPromised).sorted(URGENT_FIRST).toList();
    planner = improve(window, byPromise, MORE_ROUNDS);
    if (late(planner).isEmpty()) {
      return planner;
    }
    planner.undo();
    planner = planner();
    if (planner.keep(window.stream().filter(entry -> entry.planned != null).toList())) {
      planner.planAll(window.stream().filter(entry -> entry.planned == null).toList());
      if (late(planner).isEmpty()) {
        return planner;
      }
    }
    planner.undo();
    planner = attempt(window, byPromise);
    late(planner).forEach(this::withdraw);
    return planner;
  }

  /**
   * Plans these first and then the others in their order; and again with those at the head who came
   * too late, until nobody does. (Squeaky wheel optimization: Joslin and Clements, JAIR 10, 1999.)
   */
  private Planner improve(List<Entry> window, List<Entry> first, int rounds) {
    List<Entry> wheel = new ArrayList<>(first);
    // By age, whoever was found impatient first: else one that was put off would come in between.
    Set<Entry> impatient = new TreeSet<>(OLDEST_FIRST);
    Planner planner = attempt(window, wheel);
    for (int round = 0; round < rounds; round++) {
      List<Entry> late = new ArrayList<>(late(planner));
      boolean isMore = impatient.addAll(impatient(planner));
      if (late.isEmpty() && !isMore) {
        break;
      }
      late.sort(URGENT_FIRST);
      wheel.removeAll(new HashSet<>(late));
      wheel.addAll(0, late);
      planner.undo();
      planner = attempt(window, Stream.concat(wheel.stream(), impatient.stream()).toList());
    }
    return planner;
  }

  private Planner attempt(List<Entry> window, List<Entry> first) {
    Planner planner = planner();
    planner.planAll(first);
    Set<Entry> done = new HashSet<>(first);
    for (Entry entry : window) {
      if (!done.contains(entry)) {
        planner.plan(entry);
      }
    }
    return planner;
  }

  private Planner planner() {
    return new Planner(horizon, engine.fleet(), engine.placer(), entry -> entry.length, now);
  }

  private List<Entry> late(Planner planner) {
    return planner.plan().entrySet().stream()
        .filter(one -> one.getKey().isPromised() && one.getValue().start() > one.getKey().startBy)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Who has long waited for what nobody can tell the end of. */
  private List<Entry> impatient(Planner planner) {
    long patience = Timeline.micros(engine.settings().patience());
    return planner.plan().entrySet().stream()
        .filter(one -> !one.getKey().isPromised() && one.getValue().isOpen())
        .map(Map.Entry::getKey)
        .filter(entry -> entry.created + patience <= now)
        .toList();
  }

  private void withdraw(Entry entry) {
    if (entry.isPromised()) {
      outcomes.add(new Outcome.Withdrawn(entry.waiting.id(), Timeline.instant(entry.startBy)));
      engine.promise(entry, Timeline.NEVER);
    }
  }

  private void evict(Planner planner) {
    Set<Turn> failed = new HashSet<>();
    Map<QueueAndType, Long> ahead = new HashMap<>();
    for (var one : new LinkedHashMap<>(planner.plan()).entrySet()) {
      Entry entry = one.getKey();
      Planned planned = one.getValue();
      if (planned.isNow()) {
        continue;
      }
      QueueSpec queue = horizon.queues().find(entry.waiting.queue()).orElseThrow();
      var ofQueue = new QueueAndType(queue.name(), planned.booking().type());
      var turn = new Turn(queue.name(), horizon.targets(entry), entry.waiting.priority());
      long before = ahead.getOrDefault(ofQueue, 0L);
      if ((queue.preemption() != Preemption.NEVER || queue.reclaim() != Reclaim.NEVER)
          && !failed.contains(turn)
          && (planned.isOpen() || preemptor.hasCandidates(entry, queue, planned.start(), before))) {
        planner.takeBack(entry, planned);
        var eviction = preemptor.evict(entry, queue, planned.start(), before);
        if (eviction.isPresent()) {
          planned = planner.reserve(entry, eviction.get());
          tell(entry, eviction.get());
        } else {
          planner.enter(entry, planned);
          failed.add(turn);
        }
      }
      ahead.merge(ofQueue, planned.booking().milli(), Long::sum);
    }
  }

  private void tell(Entry entry, Preemptor.Eviction eviction) {
    List<Victim> victims =
        eviction.victims().stream()
            .map(
                victim ->
                    new Victim(victim.holding().id(), Timeline.instant(preemptor.end(victim))))
            .toList();
    outcomes.add(
        new Outcome.Preempt(
            entry.waiting.id(),
            victims,
            "queue "
                + entry.waiting.queue()
                + " needs "
                + entry.waiting.request().accelerator().describe()
                + " for a session of priority "
                + entry.waiting.priority()));
  }

  /** Places those behind the window that are in nobody's way. */
  private void fill(Planner planner) {
    Map<Request, Long> noRoom = new HashMap<>();
    Map<Line, Set<Request>> some = new LinkedHashMap<>();
    Map<String, Set<Request>> open = new HashMap<>();
    for (Line line : engine.lines()) {
      Set<Request> fitting = fitting(line, noRoom);
      if (!fitting.isEmpty()) {
        some.put(line, Set.copyOf(fitting));
        open.put(line.queue(), fitting);
      }
    }
    FairOrder order = engine.order(some, now);
    Map<Turn, Long> tooLong = new HashMap<>();
    int before = planner.plan().size();
    for (Entry entry = order.next(); entry != null; entry = order.next()) {
      if (planner.plan().size() - before == MOST_PLACED) {
        nextPass = now;
        return;
      }
      Waiting session = entry.waiting;
      Set<Request> fitting = open.getOrDefault(session.queue(), Set.of());
      var turn = new Turn(session.queue(), horizon.targets(entry), 0);
      if (fitting.contains(session.request())
          && entry.length <= tooLong.getOrDefault(turn, Timeline.NEVER)
          && !planner.plan().containsKey(entry)
          && mayStart(entry)
          && planner.isWithinLimits(entry)
          && !planner.placeIfFree(entry)) {
        tooLong.put(turn, entry.length - 1);
        Line line = engine.line(session.queue()).orElseThrow();
        if (entry.length == line.shortest(session.request())
            || !fits(line, session.request(), noRoom)) {
          fitting.remove(session.request());
          if (fitting.isEmpty()) {
            order.skip(session.queue());
          }
        }
      }
    }
  }

  private Set<Request> fitting(Line line, Map<Request, Long> noRoom) {
    Set<Request> fitting = new HashSet<>();
    if (horizon.queues().find(line.queue()).isPresent()) {
      for (Request request : line.requests()) {
        if (fits(line, request, noRoom)) {
          fitting.add(request);
        }
      }
    }
    return fitting;
  }

  /** Whether quota and room would allow the request for the shortest time for which it waits. */
  private boolean fits(Line line, Request request, Map<Request, Long> noRoom) {
    QueueSpec queue = horizon.queues().find(line.queue()).orElseThrow();
    long shortest = line.shortest(request);
    if (noRoom.getOrDefault(request, Timeline.NEVER) <= shortest && noRoom.containsKey(request)) {
      return false;
    }
    boolean isAllowed = false;
    boolean hasRoom = false;
    for (String type : request.accelerator().types()) {
      Target target = horizon.target(request, type);
      boolean allowed =
          queue.allows(type)
              && horizon
                  .share(queue.name(), type)
                  .map(
                      share ->
                          share
                              .pool()
                              .fits(share.member(), target.demand().totalMilli(), now, shortest))
                  .orElse(true);
      isAllowed |= allowed;
      hasRoom |= allowed && horizon.hasRoom(target, now, shortest);
    }
    if (isAllowed && !hasRoom && request.accelerator().types().size() == 1) {
      noRoom.merge(request, shortest, Math::min);
    }
    return hasRoom;
  }

  /** Makes the plan what is true. */
  private void settle(Planner planner) {
    Map<Entry, Planned> plan = new LinkedHashMap<>(planner.plan());
    plan.values().forEach(planned -> horizon.plan(planned.booking(), -1));
    Set<Held> leaving = new LinkedHashSet<>(preemptor.gone());
    preemptor.undo();
    List<Outcome> placed = new ArrayList<>();
    engine.planned(plan.keySet());
    plan.forEach(
        (entry, planned) -> {
          if (planned.isNow()) {
            placed.add(
                new Outcome.Place(
                    entry.waiting.id(), planned.booking().type(), Planner.allotment(planned)));
            engine.placed(entry, planned, now);
          } else {
            entry.planned = planned.isOpen() ? null : planned.booking();
            promise(entry, planned);
          }
        });
    for (Held victim : leaving) {
      engine.put(victim.holding().noticed(Timeline.instant(preemptor.end(victim))));
    }
    outcomes.addAll(0, placed);
  }

  private void promise(Entry entry, Planned planned) {
    if (planned.isOpen()) {
      nextPass =
          Math.min(
              nextPass,
              laterThanNow(entry.created + Timeline.micros(engine.settings().patience())));
      return;
    }
    nextPass = Math.min(nextPass, laterThanNow(planned.start()));
    if (!entry.isPromised()
        && engine.promised().size() < 2 * engine.settings().window()
        && planned.start() < Timeline.NEVER / 4) {
      double wait = planned.start() - now;
      long startBy =
          planned.start()
              + Math.max(
                  Timeline.micros(engine.settings().slack()),
                  (long) Math.min(LONGEST_SLACK, wait * (1 / shareOf(entry) - HALF)));
      engine.promise(entry, startBy);
      outcomes.add(new Outcome.Promise(entry.waiting.id(), Timeline.instant(startBy)));
    }
  }

  /**
   * The part of all GPU time that is its queue's by weight, of the queues that now want or have
   * any. The plan does not know of sessions that others will bring, and must leave them theirs.
   */
  private double shareOf(Entry entry) {
    if (activeWeight == 0) {
      for (QueueSpec queue : horizon.queues().all()) {
        activeWeight += engine.isActive(queue.name()) ? queue.weight() : 0;
      }
    }
    return horizon.queues().find(entry.waiting.queue()).orElseThrow().weight() / activeWeight;
  }

  private long laterThanNow(long at) {
    return at > now ? at : Timeline.NEVER;
  }
}
