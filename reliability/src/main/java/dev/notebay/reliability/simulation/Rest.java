package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.queue.Activity;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Whether everything is as it should be where nothing goes wrong any more. */
final class Rest {
  /** How long an agent may take to end a session whose lifetime is over. */
  private static final Duration LATENESS = Duration.ofSeconds(20);

  private final Truth truth;
  private final Database database;
  private final Cluster cluster;
  private final SimGateway gateway;
  private final List<Node> fleet;

  Rest(Truth truth, Database database, Cluster cluster, SimGateway gateway, List<Node> fleet) {
    this.truth = truth;
    this.database = database;
    this.cluster = cluster;
    this.gateway = gateway;
    this.fleet = fleet;
  }

  /** The first thing found that is not at rest, in words. */
  Optional<String> whatIsNotAsItShould(Instant now) {
    List<Session> unfinished = database.rows().unfinished();
    for (Session session : unfinished) {
      Optional<String> restless =
          switch (session.state()) {
            case Queued _ -> couldBePlaced(session, unfinished, now);
            case Starting _ ->
                waitsForAVolume(session) ? Optional.empty() : Optional.of("starting");
            case Running _ when !isServed(session) -> Optional.of("not served");
            case Running _ when isPastItsLifetime(session, now) -> Optional.of("past its lifetime");
            case Running _ -> Optional.empty();
            case Stopping _ -> Optional.of("stopping");
            case Ended _ -> Optional.of("has its volume still");
          };
      if (restless.isPresent()) {
        return Optional.of(restless.get() + ": " + session);
      }
    }
    return orphan().or(this::staleMount);
  }

  /**
   * Who is next depends on what was used before. So it is only certain that somebody should have
   * been placed if there is none for whom what is free is kept.
   */
  private Optional<String> couldBePlaced(Session session, List<Session> unfinished, Instant now) {
    if (waitsForAVolume(session)) {
      return Optional.empty();
    }
    List<Session> others =
        unfinished.stream().filter(each -> !waitsForAVolume(each)).map(Rest::withoutHold).toList();
    List<Session> placed =
        others.stream().filter(each -> !(each.state() instanceof Queued)).toList();
    return others.stream()
            .filter(each -> each.state() instanceof Queued)
            .allMatch(each -> fits(each, placed, now))
        ? Optional.of("queued, and could be placed")
        : Optional.empty();
  }

  private boolean fits(Session session, List<Session> placed, Instant now) {
    var line =
        new WaitingLine(
            () -> fleet,
            _ -> new TightestFit(),
            QueueSettings.USUAL,
            _ -> new Activity.Busy(),
            LATENESS);
    placed.forEach(line::changed);
    line.changed(session);
    return line.decide(fleet, now).stream().anyMatch(verdict -> verdict.event() instanceof Placed);
  }

  /** As it must be sooner or later: a hold is only a pause. */
  private static Session withoutHold(Session session) {
    return session.state() instanceof Queued(var since, var heldBack, _) && heldBack.isPresent()
        ? new Session(
            session.id(),
            session.owner(),
            session.spec(),
            session.created(),
            session.updated(),
            session.version(),
            session.attempt(),
            session.policyGeneration(),
            session.extendUntil(),
            new Queued(since, Optional.empty()))
        : session;
  }

  private static boolean isPastItsLifetime(Session session, Instant now) {
    return session.lifetimeEnd().filter(end -> end.plus(LATENESS).isBefore(now)).isPresent();
  }

  /** Whether it needs the volume of a session that runs. */
  private boolean waitsForAVolume(Session session) {
    return session
        .spec()
        .volume()
        .map(volume -> gateway.holders().get(session.owner().subject() + "/" + volume))
        .filter(holder -> !holder.session().equals(session.id()))
        .filter(holder -> truth.session(holder.session()).state() instanceof Running)
        .isPresent();
  }

  private boolean isServed(Session session) {
    for (Pod pod : cluster.pods()) {
      SimAgent agent = pod.agent();
      if (pod.name().equals(truth.nameOf(session)) && agent != null) {
        return agent.hasKernel() && agent.isConnected();
      }
    }
    return false;
  }

  private Optional<String> orphan() {
    for (Pod pod : cluster.pods()) {
      Session session = truth.session(pod.name().session());
      if (session.attempt() != pod.name().attempt() || session.state().held().isEmpty()) {
        return Optional.of("nobody wants " + pod + ": " + session);
      }
    }
    return Optional.empty();
  }

  private Optional<String> staleMount() {
    return gateway.holders().entrySet().stream()
        .filter(mount -> truth.session(mount.getValue().session()).state().held().isEmpty())
        .map(mount -> mount.getKey() + " is mounted for " + mount.getValue())
        .findFirst();
  }

  /** The first thing found that is left of sessions that are all stopped. */
  Optional<String> whatIsLeft() {
    List<Session> unfinished = database.rows().unfinished();
    if (!unfinished.isEmpty()) {
      return Optional.of("session " + unfinished.getFirst());
    }
    for (Pod pod : cluster.pods()) {
      return Optional.of("runtime " + pod);
    }
    for (RuntimeName holder : gateway.holders().values()) {
      return Optional.of("mount of " + holder);
    }
    return truth.kernels() > 0 ? Optional.of(truth.kernels() + " kernels") : Optional.empty();
  }
}
