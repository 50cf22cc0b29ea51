package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.queue.Activity;
import dev.notebay.scheduler.core.queue.Holding;
import dev.notebay.scheduler.core.queue.Outcome;
import dev.notebay.scheduler.core.queue.QueueEngine;
import dev.notebay.scheduler.core.queue.Waiting;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Lets a workload happen in virtual time, through the same engine that the scheduler runs: all that
 * happens at one instant, then one pass; what it decides is carried out at once.
 */
final class QueueSimulation {
  private final QueueEngine engine;
  private final QueueResult result;
  private final Instant end;
  private final Map<SessionId, Visit> waiting = new HashMap<>();
  private final Map<SessionId, Holding> holding = new HashMap<>();
  private final Map<SessionId, Instant> promises = new HashMap<>();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
  private long number;
  private Instant now = QueueWorkload.START;
  private Instant lastChange = QueueWorkload.START;

  private record Event(Instant at, long number, Runnable what) {}

  private QueueSimulation(QueueWorkload workload) {
    FleetState fleet = FleetState.of(workload.nodes());
    this.engine =
        new QueueEngine(
            workload.queues(), fleet, new Placer(fleet, new TightestFit()), workload.settings());
    this.result = new QueueResult(workload);
    this.end = workload.until().map(QueueWorkload.START::plus).orElse(Instant.MAX);
    for (Visit visit : workload.sessions()) {
      at(visit.waiting().created(), () -> arrive(visit));
    }
  }

  static QueueResult of(QueueWorkload workload) {
    var simulation = new QueueSimulation(workload);
    simulation.run();
    return simulation.result;
  }

  private void run() {
    while (!events.isEmpty() && !events.peek().at().isAfter(end)) {
      now = events.peek().at();
      while (!events.isEmpty() && events.peek().at().equals(now)) {
        events.remove().what().run();
      }
      long before = System.nanoTime();
      var outcomes = engine.pass(now);
      result.passed(System.nanoTime() - before);
      outcomes.forEach(this::carryOut);
      engine.nextPass().filter(at -> !at.isBefore(now)).ifPresent(at -> at(at, () -> {}));
    }
    Instant last = end.equals(Instant.MAX) ? lastChange : end;
    holding.values().forEach(one -> result.left(one, last));
    waiting.values().forEach(visit -> result.stillWaits(visit.waiting()));
    result.ended(last);
  }

  private void carryOut(Outcome outcome) {
    switch (outcome) {
      case Outcome.Place place -> start(place);
      case Outcome.Preempt preempt ->
          preempt.victims().forEach(victim -> notice(victim.session(), victim.until()));
      case Outcome.Never never -> {
        waiting.remove(never.session());
        engine.remove(never.session(), now);
        result.refusedOne();
      }
      case Outcome.Promise(var session, var startBy) -> {
        promises.put(session, startBy);
        engine.put(waitingOf(session).promised(Optional.of(startBy)));
        result.promised();
      }
      case Outcome.Withdrawn(var session, _) -> {
        promises.remove(session);
        engine.put(waitingOf(session).promised(Optional.empty()));
        result.withdrawnOne();
      }
    }
  }

  private void arrive(Visit visit) {
    waiting.put(visit.waiting().id(), visit);
    engine.put(visit.waiting());
    result.arrived(visit.waiting());
    lastChange = now;
  }

  private void start(Outcome.Place place) {
    Visit visit = visitOf(place.session());
    Waiting session = visit.waiting();
    waiting.remove(session.id());
    var holds = Holding.of(session, place.accelerator(), place.allotment(), now);
    holding.put(session.id(), holds);
    engine.put(holds);
    boolean isLate =
        Optional.ofNullable(promises.remove(session.id())).map(now::isAfter).orElse(false);
    result.started(session, holds, now, isLate);
    Duration stays =
        session
            .maximumLifetime()
            .filter(most -> most.compareTo(visit.stays()) < 0)
            .orElse(visit.stays());
    at(now.plus(stays), () -> leave(session.id()));
    visit.idleAfter().ifPresent(after -> at(now.plus(after), () -> rest(session.id())));
  }

  private void rest(SessionId session) {
    Holding busy = holding.get(session);
    if (busy != null) {
      put(
          new Holding(
              busy.id(),
              busy.owner(),
              busy.queue(),
              busy.priority(),
              busy.accelerator(),
              busy.allotment(),
              busy.since(),
              busy.endsBy(),
              new Activity.Idle(now),
              busy.noticeUntil()));
    }
  }

  private void notice(SessionId session, Instant until) {
    Holding victim = holding.get(session);
    if (victim != null) {
      result.preempted(victim);
      put(victim.noticed(until));
      at(until, () -> leave(session));
    }
  }

  private void put(Holding one) {
    holding.put(one.id(), one);
    engine.put(one);
  }

  private void leave(SessionId session) {
    Holding gone = holding.remove(session);
    if (gone != null) {
      engine.remove(session, now);
      result.left(gone, now);
      lastChange = now;
    }
  }

  private Waiting waitingOf(SessionId session) {
    return visitOf(session).waiting();
  }

  private Visit visitOf(SessionId session) {
    Visit visit = waiting.get(session);
    if (visit == null) {
      throw new IllegalStateException("it does not wait: " + session);
    }
    return visit;
  }

  private void at(Instant at, Runnable what) {
    events.add(new Event(at, number++, what));
  }
}
