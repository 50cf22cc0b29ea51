package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.queue.Horizon.Opening;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a plan: gives sessions, one after the other, the earliest room that delays none of
 * those before it. (Conservative backfilling: Mu'alem and Feitelson, "Utilization, Predictability,
 * Workloads, and User Runtime Estimates in Scheduling the IBM SP2 with Backfilling", IEEE TPDS 12,
 * 2001.)
 *
 * <ol>
 *   <li>What holds and what is planned is there until its worst-case end. So a session starts at
 *       its time even if everybody stays as long as they may, and earlier if they do not.
 *   <li>Of the acceptable classes, the one with the earliest start; of equal ones the preferred.
 *   <li>Room now: the {@link Placer} chooses among the nodes where the session is in nobody's way.
 *   <li>No room ever, as far as is known (something may run for ever): it keeps the node that lacks
 *       least from now on, and those behind get what it does not need.
 * </ol>
 *
 * Everything planned is entered in the horizon and in the fleet, until it is {@linkplain #undo
 * taken back}.
 */
final class Planner {
  private final Horizon horizon;
  private final FleetState fleet;
  private final Placer placer;
  private final ToLongFunction<Entry> length;
  private final long now;
  private final Map<Entry, Planned> plan = new LinkedHashMap<>();

  /** Since something was last taken back. */
  private final Map<Wish, Long> soonest = new HashMap<>();

  private record Wish(Target target, String queue, long length) {}

  /**
   * What is planned for one session.
   *
   * @param booking begins now where the session {@code isNow} to be placed, or where it is {@code
   *     isOpen}: nobody can tell when it starts
   */
  record Planned(Booking booking, boolean isNow, boolean isOpen) {
    /** When it starts at the latest; {@link Timeline#NEVER} where nobody can tell. */
    long start() {
      return isOpen ? Timeline.NEVER : booking.from();
    }
  }

  /**
   * @param length for how long a session is to have what is planned for it
   */
  Planner(
      Horizon horizon, FleetState fleet, Placer placer, ToLongFunction<Entry> length, long now) {
    this.horizon = horizon;
    this.fleet = fleet;
    this.placer = placer;
    this.length = length;
    this.now = now;
  }

  /** In the order of planning. */
  Map<Entry, Planned> plan() {
    return plan;
  }

  /** Plans for all of them in this order, for each from when it is not held back any more. */
  void planAll(Iterable<Entry> entries) {
    for (Entry entry : entries) {
      plan(entry);
    }
  }

  /** Plans for one. */
  void plan(Entry entry) {
    QueueSpec queue = horizon.queues().find(entry.waiting.queue()).orElseThrow();
    Target best = null;
    Opening opening = Opening.NONE;
    for (Target target : horizon.targets(entry)) {
      if (queue.allows(target.demand().type())) {
        Opening other = earliest(target, queue, entry);
        if (best == null || other.start() < opening.start()) {
          best = target;
          opening = other;
        }
        if (opening.start() == now && placeNow(entry, target)) {
          return;
        }
      }
    }
    if (best != null) {
      planLater(entry, best, opening);
    }
  }

  /** Who asks for the same as one before it, who has been planned for, does not get it earlier. */
  private Opening earliest(Target target, QueueSpec queue, Entry entry) {
    long needed = length.applyAsLong(entry);
    if (Horizon.limited(queue)) {
      return horizon.earliest(target, queue, entry.waiting.owner(), now, needed);
    }
    var wish = new Wish(target, queue.name(), needed);
    Opening opening =
        horizon.earliest(
            target, queue, entry.waiting.owner(), soonest.getOrDefault(wish, now), needed);
    soonest.put(wish, opening.start());
    return opening;
  }

  /** Places it now if that is in nobody's way. */
  boolean placeIfFree(Entry entry) {
    QueueSpec queue = horizon.queues().find(entry.waiting.queue()).orElseThrow();
    for (Target target : horizon.targets(entry)) {
      if (queue.allows(target.demand().type())
          && isAllowedNow(entry, queue, target.demand())
          && horizon.hasRoom(target, now, length.applyAsLong(entry))
          && placeNow(entry, target)) {
        return true;
      }
    }
    return false;
  }

  /** Whether its owner may have it now, of one of its classes, as far as limits on people go. */
  boolean isWithinLimits(Entry entry) {
    QueueSpec queue = horizon.queues().find(entry.waiting.queue()).orElseThrow();
    return horizon.targets(entry).stream()
        .anyMatch(target -> isWithinLimits(entry, queue, target.demand()));
  }

  private boolean isWithinLimits(Entry entry, QueueSpec queue, NodeDemand demand) {
    return horizon.withinLimitsFrom(
            demand, queue, entry.waiting.owner(), now, length.applyAsLong(entry))
        == now;
  }

  private boolean isAllowedNow(Entry entry, QueueSpec queue, NodeDemand demand) {
    return isWithinLimits(entry, queue, demand)
        && horizon
            .share(queue.name(), demand.type())
            .map(
                share ->
                    share
                        .pool()
                        .fits(share.member(), demand.totalMilli(), now, length.applyAsLong(entry)))
            .orElse(true);
  }

  /**
   * Enters a plan there was, as far as it can still be carried out, each start only ever earlier.
   *
   * @param entries all with a plan of an earlier pass
   * @return whether all of it can
   */
  boolean keep(List<Entry> entries) {
    List<Entry> byStart =
        entries.stream()
            .sorted(
                Comparator.<Entry>comparingLong(entry -> former(entry).from())
                    .thenComparing(Entry.BY_RANK))
            .toList();
    for (Entry entry : byStart) {
      Booking booking = former(entry);
      long from = Math.max(now, booking.from());
      Booking kept =
          booking.between(from, Math.max(booking.until(), Timeline.later(from, entry.lifetime())));
      if (!isFree(entry, kept)) {
        return false;
      }
      enter(entry, new Planned(kept, false, false));
    }
    for (Entry entry : byStart) {
      Planned kept = plan.get(entry);
      if (kept == null) {
        throw new IllegalStateException("a plan that was just made is gone");
      }
      takeBack(entry, kept);
      plan(entry);
      Planned again = plan.get(entry);
      if (again == null || again.start() > kept.start()) {
        if (again != null) {
          takeBack(entry, again);
        }
        enter(entry, kept);
      }
    }
    return true;
  }

  /** Plans a session for when others have been made to leave. */
  Planned reserve(Entry entry, Preemptor.Eviction eviction) {
    NodeTimeline timeline = horizon.timeline(eviction.node());
    Claim claim =
        timeline.claim(eviction.target().demand(), eviction.start(), length.applyAsLong(entry));
    if (claim == null) {
      throw new IllegalStateException("no room where others were made to leave: " + eviction);
    }
    var planned =
        new Planned(
            booking(entry, eviction.target(), claim.on(timeline.node()), eviction.start()),
            false,
            false);
    enter(entry, planned);
    return planned;
  }

  /** Takes everything back. */
  void undo() {
    List<Map.Entry<Entry, Planned>> all = new ArrayList<>(plan.entrySet());
    for (int last = all.size() - 1; last >= 0; last--) {
      takeBack(all.get(last).getKey(), all.get(last).getValue());
    }
  }

  void takeBack(Entry entry, Planned planned) {
    plan.remove(entry);
    soonest.clear();
    horizon.plan(planned.booking(), -1);
    if (planned.isNow()) {
      fleet.release(allotment(planned));
    }
  }

  void enter(Entry entry, Planned planned) {
    plan.put(entry, planned);
    horizon.plan(planned.booking(), 1);
    if (planned.isNow()) {
      fleet.take(allotment(planned));
    }
  }

  static Allotment allotment(Planned planned) {
    Allotment allotment = planned.booking().allotment();
    if (allotment == null) {
      throw new IllegalArgumentException("planned: " + planned + " (expected: one on a node)");
    }
    return allotment;
  }

  private boolean placeNow(Entry entry, Target target) {
    Decision decision =
        placer.decide(
            target.demand().request(),
            node ->
                !horizon.isPlannedFor(node)
                    || horizon.hasRoom(target, node, now, length.applyAsLong(entry)));
    if (!(decision instanceof Decision.Place(var chosen, _))) {
      return false;
    }
    int index = fleet.indexOf(chosen.node());
    NodeTimeline timeline = horizon.timeline(index);
    Node node = timeline.node();
    Allotment allotment = chosen;
    if (horizon.isPlannedFor(index)
        && !timeline.isFree(Claim.of(chosen, node), now, length.applyAsLong(entry))) {
      // Room there is, but the placer, which sees only now, took devices that are kept for later.
      Claim other = timeline.claim(target.demand(), now, length.applyAsLong(entry));
      if (other == null) {
        return false;
      }
      allotment = other.on(node);
    }
    enter(entry, new Planned(booking(entry, target, allotment, now), true, false));
    return true;
  }

  private void planLater(Entry entry, Target target, Opening opening) {
    if (opening.node() >= 0) {
      NodeTimeline timeline = horizon.timeline(opening.node());
      Claim claim = timeline.claim(target.demand(), opening.start(), length.applyAsLong(entry));
      if (claim == null) {
        throw new IllegalStateException("no room at the time at which there is room: " + opening);
      }
      enter(
          entry,
          new Planned(
              booking(entry, target, claim.on(timeline.node()), opening.start()), false, false));
      return;
    }
    enter(
        entry,
        new Planned(
            booking(entry, target, nearest(target).orElse(null), now).between(now, Timeline.NEVER),
            false,
            true));
  }

  /** Where it lacks fewest devices. */
  private Optional<Allotment> nearest(Target target) {
    int best = -1;
    int most = -1;
    for (int node : target.nodes()) {
      int free = horizon.timeline(node).freeDevices(target.demand(), now);
      if (free > most) {
        most = free;
        best = node;
      }
    }
    if (best < 0) {
      return Optional.empty();
    }
    NodeTimeline timeline = horizon.timeline(best);
    Claim claim = timeline.soonest(target.demand(), now);
    return Optional.ofNullable(claim).map(kept -> kept.on(timeline.node()));
  }

  private Booking booking(Entry entry, Target target, @Nullable Allotment allotment, long from) {
    return new Booking(
        entry.waiting.queue(),
        entry.waiting.owner(),
        target.demand().type(),
        allotment,
        target.demand().totalMilli(),
        from,
        Timeline.later(from, length.applyAsLong(entry)));
  }

  private boolean isFree(Entry entry, Booking booking) {
    Allotment allotment = booking.allotment();
    int index = allotment == null ? -1 : fleet.indexOf(allotment.node());
    if (allotment == null || index < 0) {
      return false;
    }
    QueueSpec queue = horizon.queues().find(booking.queue()).orElseThrow();
    Target target = horizon.target(entry.waiting.request(), booking.type());
    long needed =
        booking.until() == Timeline.NEVER ? Timeline.NEVER : booking.until() - booking.from();
    NodeTimeline timeline = horizon.timeline(index);
    Claim claim = Claim.of(allotment, timeline.node());
    return claim.devices().length == allotment.devices().size()
        && target.demand().mayGoOn(timeline.node())
        && timeline.isFree(claim, booking.from(), needed)
        && horizon.allowedFrom(target.demand(), queue, booking.owner(), booking.from(), needed)
            == booking.from();
  }

  private static Booking former(Entry entry) {
    Booking booking = entry.planned;
    if (booking == null) {
      throw new IllegalArgumentException("entry: " + entry.waiting + " (expected: planned)");
    }
    return booking;
  }
}
