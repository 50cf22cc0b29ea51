package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.WaitReason;
import dev.notebay.scheduler.core.queue.Horizon.Share;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What waiting sessions are told, worked out when somebody asks.
 *
 * <p>Positions and estimates are of all sessions at once. They are worked out anew when something
 * has changed, where many wait at most once a second; whoever has come in between is told the last
 * position.
 *
 * <p>The estimate is the start in the same plan if everybody holds what they have as long as the
 * last sessions of their queue did ({@link Durations}), and not as long as they may. It is no
 * promise: it does not know who comes next, and it is wrong where people change their habits.
 */
final class Standings {
  private static final int FEW = 1000;
  private static final long SECOND = 1_000_000;

  private final QueueEngine engine;
  private final Map<SessionId, Integer> positions = new HashMap<>();
  private final Map<SessionId, Long> starts = new HashMap<>();
  private long positionsAt = Timeline.ALWAYS;
  private long positionsOf = -1;
  private long startsAt = Timeline.ALWAYS;
  private long startsOf = -1;

  private record Why(WaitReason reason, String message) {}

  Standings(QueueEngine engine) {
    this.engine = engine;
  }

  Standing of(Entry entry, long now) {
    Why why = why(entry, now);
    Optional<Instant> startBy =
        entry.isPromised() ? Optional.of(Timeline.instant(entry.startBy)) : Optional.empty();
    Optional<Instant> likely =
        start(entry, now)
            .map(start -> Timeline.instant(Math.min(Math.max(start, now), entry.startBy)));
    return new Standing(position(entry, now), why.reason(), why.message(), startBy, likely);
  }

  private boolean isStale(long of, long at, long now) {
    return of != engine.changes() && (engine.waiting() <= FEW || now >= at + SECOND || at > now);
  }

  private int position(Entry entry, long now) {
    if (!engine.isWaiting(entry)) {
      return engine.waiting() + 1;
    }
    if (positionsAt == Timeline.ALWAYS || isStale(positionsOf, positionsAt, now)) {
      positions.clear();
      FairOrder order = engine.order(now);
      for (Entry next = order.next(); next != null; next = order.next()) {
        positions.put(next.waiting.id(), positions.size() + 1);
      }
      positionsAt = now;
      positionsOf = engine.changes();
    }
    return positions.getOrDefault(entry.waiting.id(), engine.waiting());
  }

  private Optional<Long> start(Entry entry, long now) {
    if (entry.planned == null) {
      return Optional.empty();
    }
    if (startsAt == Timeline.ALWAYS || isStale(startsOf, startsAt, now)) {
      starts.clear();
      startsAt = now;
      startsOf = engine.changes();
      expect(now);
    }
    return Optional.ofNullable(starts.get(entry.waiting.id()));
  }

  private void expect(long now) {
    var expected = new Horizon(engine.fleet(), engine.horizon().queues());
    for (Held held : engine.allHeld()) {
      long until = held.booking().until();
      long left =
          engine
              .durations()
              .expected(
                  held.holding().queue(),
                  Math.max(0, now - held.since()),
                  until == Timeline.NEVER ? Timeline.NEVER : until - now);
      expected.hold(held.booking().between(Timeline.ALWAYS, Timeline.later(now, left)));
    }
    var planner =
        new Planner(
            expected,
            engine.fleet(),
            engine.placer(),
            entry -> engine.durations().expected(entry.waiting.queue(), 0, entry.length),
            now);
    FairOrder order = engine.order(now);
    int planned = 0;
    for (Entry next = order.next();
        next != null && planned < engine.settings().window();
        next = order.next()) {
      if (!next.isHeldBack(now) && engine.budgetFrom(next, now).isEmpty()) {
        planner.plan(next);
        planned++;
      }
    }
    planner
        .plan()
        .forEach(
            (entry, one) -> {
              if (one.start() != Timeline.NEVER) {
                starts.put(entry.waiting.id(), one.start());
              }
            });
    planner.undo();
  }

  private Why why(Entry entry, long now) {
    Waiting session = entry.waiting;
    Optional<QueueSpec> queue = engine.horizon().queues().find(session.queue());
    if (queue.isEmpty()) {
      return new Why(
          WaitReason.QUEUE_MISSING, "there is no queue " + session.queue() + " any more");
    }
    if (entry.isHeldBack(now) && session.heldBack().isPresent()) {
      return new Why(WaitReason.VOLUME_IN_USE, session.heldBack().get().why());
    }
    Optional<Long> budgetFrom = engine.budgetFrom(entry, now);
    if (budgetFrom.isPresent()) {
      return new Why(WaitReason.BUDGET_SPENT, spent(entry, queue.get(), budgetFrom.get(), now));
    }
    return why(entry, queue.get(), now);
  }

  private Why why(Entry entry, QueueSpec queue, long now) {
    Horizon horizon = engine.horizon();
    Optional<Why> refused = Optional.empty();
    for (String type : entry.waiting.request().accelerator().types()) {
      if (!queue.allows(type)) {
        continue;
      }
      NodeDemand demand = horizon.target(entry.waiting.request(), type).demand();
      if (horizon.withinLimitsFrom(demand, queue, entry.waiting.owner(), now, 1) != now) {
        return new Why(WaitReason.USER_LIMIT, limited(queue));
      }
      if (horizon.quotaFrom(demand, queue, now, 1) == now) {
        return room(entry, now);
      }
      if (refused.isEmpty()) {
        refused =
            horizon
                .share(queue.name(), type)
                .map(share -> new Why(WaitReason.WAITING_FOR_QUOTA, quota(demand, share, now)));
      }
    }
    Optional<Why> leaving = waitsForVictims(entry);
    return leaving.isPresent() ? leaving.get() : refused.orElseGet(() -> room(entry, now));
  }

  private Why room(Entry entry, long now) {
    Decision decision = engine.placer().decide(entry.waiting.request());
    return waitsForVictims(entry)
        .orElseGet(
            () ->
                switch (decision) {
                  case Decision.Wait(var reason, var message, _) -> new Why(reason, message);
                  case Decision.Place _, Decision.Never _, Decision.Preempt _
                      when !engine.isWaiting(entry) ->
                      new Why(WaitReason.PENDING_EVALUATION, "there is room; it is its turn soon");
                  case Decision.Place _, Decision.Never _, Decision.Preempt _ ->
                      new Why(
                          WaitReason.WAITING_BEHIND_OTHERS,
                          "what is free is kept for sessions before it (ahead: "
                              + (position(entry, now) - 1)
                              + ")");
                });
  }

  private Optional<Why> waitsForVictims(Entry entry) {
    Booking planned = entry.planned;
    if (planned == null) {
      return Optional.empty();
    }
    long leaving =
        engine.allHeld().stream()
            .filter(held -> held.holding().noticeUntil().isPresent())
            .filter(held -> held.booking().until() == planned.from())
            .filter(held -> held.holding().accelerator().equals(planned.type()))
            .count();
    return leaving == 0
        ? Optional.empty()
        : Optional.of(
            new Why(
                WaitReason.WAITING_FOR_PREEMPTED,
                "sessions have been told to leave for it (still there: " + leaving + ")"));
  }

  private static String quota(NodeDemand demand, Share share, long now) {
    Pool.Member member = share.member();
    return "queue "
        + member.queue().name()
        + " holds all that it may of "
        + demand.type()
        + " (wanted: "
        + Quota.devices(demand.totalMilli())
        + ", held: "
        + Quota.devices(member.usedAt(now))
        + ", nominal: "
        + Quota.devices(member.nominal())
        + ", still to be had: "
        + Quota.devices(share.pool().freeAt(member, now))
        + ")";
  }

  private static String limited(QueueSpec queue) {
    UserLimits limits = queue.userLimits();
    return "you hold as much of queue "
        + queue.name()
        + " as one person may (sessions: "
        + (limits.sessions().isPresent() ? limits.sessions().getAsInt() : "any number")
        + ", devices: "
        + (limits.devicesMilli().isPresent()
            ? Quota.devices(limits.devicesMilli().getAsLong())
            : "any number")
        + ")";
  }

  private String spent(Entry entry, QueueSpec queue, long from, long now) {
    return queue
        .userLimits()
        .budget()
        .map(
            budget ->
                "your budget of queue "
                    + queue.name()
                    + " is used up until "
                    + Timeline.instant(from)
                    + " (used: "
                    + engine.budgetUsed(entry, budget, now)
                    + " of "
                    + budget.gpuSeconds()
                    + " GPU-seconds)")
        .orElse("your budget is used up");
  }
}
