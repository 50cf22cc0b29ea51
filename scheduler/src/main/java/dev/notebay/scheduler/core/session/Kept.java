package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Instant;

/** Sessions as every {@link SessionStore} keeps them, known without reading them again. */
public final class Kept {
  private Kept() {}

  /** The session as {@link SessionStore} says that it is kept. */
  public static Session of(Session session) {
    SessionSpec spec = session.spec();
    return new Session(
        session.id(),
        new Owner(SessionStore.kept(session.owner().subject())),
        new SessionSpec(
            SessionStore.kept(spec.displayName()),
            spec.accelerator(),
            spec.compute(),
            spec.volume().map(SessionStore::kept),
            spec.policy(),
            spec.queue(),
            spec.priority(),
            spec.image(),
            spec.environment()),
        SessionStore.kept(session.created()),
        SessionStore.kept(session.updated()),
        session.version(),
        session.attempt(),
        session.policyGeneration(),
        session.extendUntil().map(SessionStore::kept),
        of(session.state()));
  }

  private static SessionState of(SessionState state) {
    return switch (state) {
      case Queued(var since, var heldBack, var startBy) ->
          new Queued(
              SessionStore.kept(since),
              heldBack.map(
                  held ->
                      new HeldBack(SessionStore.kept(held.until()), SessionStore.kept(held.why()))),
              startBy.map(SessionStore::kept));
      case Starting(var assignment, var claimedBy) ->
          new Starting(of(assignment), claimedBy.map(SessionStore::kept));
      case Running(var assignment, var claimedBy, var jupyter, var readyAt, var preemptAt) ->
          new Running(
              of(assignment),
              SessionStore.kept(claimedBy),
              jupyter,
              SessionStore.kept(readyAt),
              preemptAt.map(SessionStore::kept));
      case Stopping(var assignment, var reason, var message, var since) ->
          new Stopping(
              of(assignment), reason, SessionStore.kept(message), SessionStore.kept(since));
      case Ended(var reason, var message, Instant at, var volumeHeld) ->
          new Ended(reason, SessionStore.kept(message), SessionStore.kept(at), volumeHeld);
    };
  }

  private static Assignment of(Assignment assignment) {
    return new Assignment(
        SessionStore.kept(assignment.node()),
        assignment.type(),
        assignment.devices().stream().map(SessionStore::kept).toList(),
        assignment.memory(),
        SessionStore.kept(assignment.at()));
  }
}
