package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.queue.Horizon.Share;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds whom to end so that a waiting session can start.
 *
 * <ol>
 *   <li>Candidates are sessions with devices of the wanted class that have run for their queue's
 *       minimum: of other queues of the cohort that hold more than their nominal quota, if the
 *       session would be within its own and its queue reclaims; and of the own queue those of a
 *       lower priority, if it preempts. Who ends soon enough anyway is none.
 *   <li>They are taken away one by one, idle ones first, then the lower priority, then who would
 *       lose least time, until the session fits; a queue never below its nominal quota.
 *   <li>Then, the last taken first, each that is not needed is put back (as Kueue does), so that
 *       without any of the victims the session would not fit.
 *   <li>Of the nodes, the one with fewest busy victims, then fewest victims, then least time lost.
 *       With idle ones alone first: no busy one is ended if idle ones would do.
 * </ol>
 */
final class Preemptor {
  private static final SortedSet<Held> NOBODY = new TreeSet<>(Held.OLDEST_FIRST);

  private final Horizon horizon;
  private final FleetState fleet;
  private final Map<String, Map<String, SortedSet<Held>>> held;
  private final Set<Held> gone = new HashSet<>();
  private final long now;
  private long ripeAt = Timeline.NEVER;

  /**
   * Whom to end, and where the session then starts.
   *
   * @param start when the last of them has left
   */
  record Eviction(Target target, int node, List<Held> victims, long start) {
    private static final Comparator<Eviction> BEST_FIRST =
        Comparator.<Eviction>comparingLong(
                eviction -> eviction.victims.stream().filter(Preemptor::isBusy).count())
            .thenComparingInt(eviction -> eviction.victims.size())
            .thenComparingInt(
                eviction ->
                    eviction.victims.stream()
                        .mapToInt(victim -> victim.holding().priority())
                        .max()
                        .orElse(0))
            .thenComparingLong(eviction -> -eviction.victims.stream().mapToLong(Held::since).sum());
  }

  /**
   * @param held by queue and class, the oldest first
   */
  Preemptor(
      Horizon horizon, FleetState fleet, Map<String, Map<String, SortedSet<Held>>> held, long now) {
    this.horizon = horizon;
    this.fleet = fleet;
    this.held = held;
    this.now = now;
  }

  /** When the next session that might have been ended will have run long enough. */
  long ripeAt() {
    return ripeAt;
  }

  /** All that are to leave; they are out of the horizon until {@link #undo}. */
  Set<Held> gone() {
    return Collections.unmodifiableSet(gone);
  }

  /**
   * Whom to end so that the session starts before {@code planned}. Its own plan must not be in the
   * horizon. The victims are out of the horizon afterwards.
   *
   * @param ahead thousandths of devices that are planned for sessions of its queue before it
   */
  Optional<Eviction> evict(Entry entry, QueueSpec queue, long planned, long ahead) {
    for (Target target : horizon.targets(entry)) {
      if (queue.allows(target.demand().type())) {
        List<Held> candidates = candidates(entry, queue, target.demand(), planned, ahead);
        List<Held> idle = candidates.stream().filter(held -> !isBusy(held)).toList();
        Optional<Eviction> best = best(entry, queue, target, idle);
        if (best.isEmpty() && idle.size() < candidates.size()) {
          best = best(entry, queue, target, candidates);
        }
        if (best.isPresent()) {
          best.get().victims().forEach(victim -> leave(victim, 1));
          gone.addAll(best.get().victims());
          return best;
        }
      }
    }
    return Optional.empty();
  }

  /** Whether there is anybody who might be ended for it; its own plan may begin after now. */
  boolean hasCandidates(Entry entry, QueueSpec queue, long planned, long ahead) {
    return horizon.targets(entry).stream()
        .map(Target::demand)
        .filter(demand -> queue.allows(demand.type()))
        .anyMatch(demand -> !candidates(entry, queue, demand, planned, ahead).isEmpty());
  }

  /** Puts all victims back into the horizon. */
  void undo() {
    gone.forEach(victim -> leave(victim, -1));
    gone.clear();
  }

  /** When a victim has left. */
  long end(Held victim) {
    return now + notice(victim.holding().queue());
  }

  private List<Held> candidates(
      Entry entry, QueueSpec queue, NodeDemand demand, long planned, long ahead) {
    List<Held> found = new ArrayList<>();
    if (queue.preemption() == Preemption.LOWER_PRIORITY) {
      ripe(queue, demand.type()).stream()
          .filter(held -> held.holding().priority() < entry.waiting.priority())
          .forEach(found::add);
    }
    Optional<Share> share = horizon.share(queue.name(), demand.type());
    if (queue.reclaim() != Reclaim.NEVER
        && queue.cohort().isPresent()
        && share.isPresent()
        && staying(queue.name(), demand.type(), share.get()) + ahead + demand.totalMilli()
            <= share.get().member().nominal()) {
      for (QueueSpec other : horizon.queues().inCohort(queue.cohort().get())) {
        if (!other.name().equals(queue.name()) && isBorrowing(other.name(), demand.type(), 0)) {
          ripe(other, demand.type()).stream()
              .filter(
                  held ->
                      queue.reclaim() == Reclaim.ANY
                          || held.holding().priority() < entry.waiting.priority())
              .forEach(found::add);
        }
      }
    }
    found.removeIf(held -> end(held) >= Math.min(planned, held.booking().until()));
    found.sort(
        Comparator.comparing(Preemptor::isBusy)
            .thenComparingInt(held -> held.holding().priority())
            .thenComparing(Held.OLDEST_FIRST.reversed()));
    return found;
  }

  /** Those that have run long enough and have not been told to leave. */
  private List<Held> ripe(QueueSpec queue, String type) {
    Collection<Held> all = held.getOrDefault(queue.name(), Map.of()).getOrDefault(type, NOBODY);
    long minimum = Timeline.micros(queue.minimumRun());
    List<Held> ripe = new ArrayList<>();
    for (Held one : all) {
      if (one.since() + minimum > now) {
        ripeAt = Math.min(ripeAt, one.since() + minimum);
        break;
      }
      if (one.holding().noticeUntil().isEmpty() && !gone.contains(one)) {
        ripe.add(one);
      }
    }
    return ripe;
  }

  private Optional<Eviction> best(
      Entry entry, QueueSpec queue, Target target, List<Held> candidates) {
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    long start = candidates.stream().mapToLong(this::end).max().orElse(now);
    Set<Integer> nodes = new TreeSet<>();
    for (Held candidate : candidates) {
      int node = fleet.indexOf(candidate.holding().allotment().node());
      if (node >= 0 && target.demand().mayGoOn(horizon.timeline(node).node())) {
        nodes.add(node);
      }
    }
    int roomy = horizon.roomFrom(target, start, entry.length).node();
    if (roomy >= 0) {
      nodes.add(roomy);
    }
    Eviction best = null;
    for (int node : nodes) {
      Eviction eviction = null;
      for (List<Held> inOrder : orders(candidates, node)) {
        if (eviction == null) {
          eviction = tryOn(entry, queue, target, node, inOrder, start);
        }
      }
      if (eviction != null && (best == null || isBetter(eviction, best))) {
        best = eviction;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * In which orders they are taken. A queue may go past its nominal quota with the last of its
   * sessions only, so that some taken first may leave no way to take the one that is needed.
   */
  private List<List<Held>> orders(List<Held> candidates, int node) {
    String name = fleet.node(node).name();
    Comparator<Held> here =
        Comparator.comparing(held -> !held.holding().allotment().node().equals(name));
    Comparator<Held> smallest = Comparator.comparingLong(held -> held.booking().milli());
    return List.of(
        candidates,
        candidates.stream().sorted(here).toList(),
        candidates.stream().sorted(here.thenComparing(smallest)).toList(),
        candidates.stream().sorted(smallest.reversed()).toList());
  }

  private boolean isBetter(Eviction some, Eviction other) {
    int order = Eviction.BEST_FIRST.compare(some, other);
    return order < 0
        || (order == 0
            && fleet.node(some.node()).name().compareTo(fleet.node(other.node()).name()) < 0);
  }

  private @Nullable Eviction tryOn(
      Entry entry, QueueSpec queue, Target target, int node, List<Held> candidates, long start) {
    String name = fleet.node(node).name();
    boolean quotaIsShort =
        horizon.allowedFrom(target.demand(), queue, entry.waiting.owner(), start, entry.length)
            != start;
    List<Held> victims = new ArrayList<>();
    Map<String, Long> taken = new HashMap<>();
    boolean fits = fits(entry, queue, target, node, start);
    for (Held candidate : candidates) {
      if (fits) {
        break;
      }
      String from = candidate.holding().queue();
      boolean mayGo =
          from.equals(queue.name())
              || isBorrowing(from, target.demand().type(), taken.getOrDefault(from, 0L));
      if (mayGo && (quotaIsShort || candidate.holding().allotment().node().equals(name))) {
        leave(candidate, 1);
        victims.add(candidate);
        taken.merge(from, candidate.booking().milli(), Long::sum);
        fits = fits(entry, queue, target, node, start);
      }
    }
    List<Held> needed = new ArrayList<>(victims);
    for (int last = victims.size() - 1; fits && last >= 0; last--) {
      leave(victims.get(last), -1);
      if (fits(entry, queue, target, node, start)) {
        needed.remove(victims.get(last));
      } else {
        leave(victims.get(last), 1);
      }
    }
    needed.forEach(victim -> leave(victim, -1));
    return fits && !needed.isEmpty() ? new Eviction(target, node, needed, start) : null;
  }

  private boolean fits(Entry entry, QueueSpec queue, Target target, int node, long start) {
    return horizon.allowedFrom(target.demand(), queue, entry.waiting.owner(), start, entry.length)
            == start
        && horizon.timeline(node).fitsAt(target.demand(), start, entry.length);
  }

  private void leave(Held victim, int sign) {
    horizon.free(victim.booking().between(end(victim), victim.booking().until()), sign);
  }

  private boolean isBorrowing(String queue, String type, long taken) {
    return horizon
        .share(queue, type)
        .map(share -> staying(queue, type, share) - taken > share.member().nominal())
        .orElse(false);
  }

  /** What the queue holds of the class, without those who have been told to leave. */
  private long staying(String queue, String type, Share share) {
    long leaving =
        held.getOrDefault(queue, Map.of()).getOrDefault(type, NOBODY).stream()
            .filter(one -> one.holding().noticeUntil().isPresent() || gone.contains(one))
            .mapToLong(one -> one.booking().milli())
            .sum();
    return share.member().usedAt(now) - leaving;
  }

  private long notice(String queue) {
    return horizon.queues().find(queue).map(one -> Timeline.micros(one.notice())).orElse(0L);
  }

  private static boolean isBusy(Held held) {
    return !held.holding().activity().isIdle();
  }
}
