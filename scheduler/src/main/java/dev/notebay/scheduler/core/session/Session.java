package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.session.SessionEvent.Claimed;
import dev.notebay.scheduler.core.session.SessionEvent.Extended;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import dev.notebay.scheduler.core.session.SessionEvent.Ready;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeReleased;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Instant;
import java.util.Optional;

/**
 * One person's claim on compute, from request to end.
 *
 * <p>What always holds: {@code version} rises by one with every change, so two writers that read
 * the same version cannot both write; {@code attempt} rises by one with every placement, and side
 * effects carry it; {@code policyGeneration} rises with every change of what the agent must obey;
 * {@code updated} never goes back.
 *
 * @param extendUntil until when an extension holds it active
 */
public record Session(
    SessionId id,
    Owner owner,
    SessionSpec spec,
    Instant created,
    Instant updated,
    long version,
    int attempt,
    long policyGeneration,
    Optional<Instant> extendUntil,
    SessionState state) {

  /** A session that has just been asked for. */
  public static Session queued(SessionId id, Owner owner, SessionSpec spec, Instant at) {
    return new Session(
        id, owner, spec, at, at, 1, 0, 1, Optional.empty(), new Queued(at, Optional.empty()));
  }

  /** The session after {@code event}, or empty where the event does not apply in this state. */
  public Optional<Session> on(SessionEvent event) {
    return switch (state) {
      case Queued queued -> whenQueued(queued, event);
      case Starting starting -> whenStarting(starting, event);
      case Running running -> whenRunning(running, event);
      case Stopping stopping -> whenStopping(stopping, event);
      case Ended ended -> whenEnded(ended, event);
    };
  }

  private Optional<Session> whenQueued(Queued queued, SessionEvent event) {
    return switch (event) {
      case Promised(var startBy, var at) when !startBy.equals(queued.startBy()) ->
          Optional.of(next(new Queued(queued.since(), queued.heldBack(), startBy), at));
      case Placed(var assignment) ->
          Optional.of(
              next(
                  attempt + 1,
                  policyGeneration,
                  extendUntil,
                  new Starting(assignment, Optional.empty()),
                  event.at()));
      // An earlier attempt may have got as far as its mount.
      case StopAsked(var reason, var message, var at) ->
          Optional.of(
              next(new Ended(reason, message, at, attempt > 0 && spec.volume().isPresent()), at));
      case Promised _,
          Claimed _,
          Ready _,
          VolumeBusy _,
          Extended _,
          PreemptionNoticed _,
          RuntimeGone _,
          VolumeReleased _ ->
          Optional.empty();
    };
  }

  private Optional<Session> whenStarting(Starting starting, SessionEvent event) {
    return switch (event) {
      case Claimed(var uid, var at) when starting.claimedBy().isEmpty() ->
          Optional.of(next(new Starting(starting.assignment(), Optional.of(uid)), at));
      case Ready(var uid, var jupyter, var at) when isClaimedBy(uid) ->
          Optional.of(next(new Running(starting.assignment(), uid, jupyter, at), at));
      // Only before anything of the attempt can run: afterwards the devices are in use.
      case VolumeBusy(var why, var until, var at) when starting.claimedBy().isEmpty() ->
          Optional.of(next(new Queued(created, Optional.of(new HeldBack(until, why))), at));
      case StopAsked(var reason, var message, var at) ->
          Optional.of(next(new Stopping(starting.assignment(), reason, message, at), at));
      case RuntimeGone(var reason, var message, var at) ->
          Optional.of(next(new Stopping(starting.assignment(), reason, message, at), at));
      case Promised _,
          Placed _,
          Claimed _,
          Ready _,
          VolumeBusy _,
          Extended _,
          PreemptionNoticed _,
          VolumeReleased _ ->
          Optional.empty();
    };
  }

  private Optional<Session> whenRunning(Running running, SessionEvent event) {
    return switch (event) {
      // An agent that was restarted answers at another address.
      case Ready(var uid, var jupyter, var at)
          when isClaimedBy(uid) && !jupyter.equals(running.jupyter()) ->
          Optional.of(
              next(
                  new Running(
                      running.assignment(), uid, jupyter, running.readyAt(), running.preemptAt()),
                  at));
      case Extended(var until, var at)
          when extendUntil.isEmpty() || until.isAfter(extendUntil.get()) ->
          Optional.of(next(attempt, policyGeneration + 1, Optional.of(until), running, at));
      // What a session has been told that it may keep is not shortened afterwards.
      case PreemptionNoticed(var until, var at) when running.preemptAt().isEmpty() ->
          Optional.of(
              next(
                  attempt,
                  policyGeneration + 1,
                  extendUntil,
                  new Running(
                      running.assignment(),
                      running.claimedBy(),
                      running.jupyter(),
                      running.readyAt(),
                      Optional.of(until)),
                  at));
      case StopAsked(var reason, var message, var at) ->
          Optional.of(next(new Stopping(running.assignment(), reason, message, at), at));
      case RuntimeGone(var reason, var message, var at) ->
          Optional.of(next(new Stopping(running.assignment(), reason, message, at), at));
      case Promised _,
          Placed _,
          Claimed _,
          Ready _,
          VolumeBusy _,
          Extended _,
          PreemptionNoticed _,
          VolumeReleased _ ->
          Optional.empty();
    };
  }

  private Optional<Session> whenStopping(Stopping stopping, SessionEvent event) {
    return switch (event) {
      case RuntimeGone(_, _, var at) ->
          Optional.of(
              next(
                  new Ended(stopping.reason(), stopping.message(), at, spec.volume().isPresent()),
                  at));
      case Promised _,
          Placed _,
          Claimed _,
          Ready _,
          VolumeBusy _,
          Extended _,
          PreemptionNoticed _,
          StopAsked _,
          VolumeReleased _ ->
          Optional.empty();
    };
  }

  private Optional<Session> whenEnded(Ended ended, SessionEvent event) {
    return switch (event) {
      case VolumeReleased(var at) when ended.volumeHeld() ->
          Optional.of(next(new Ended(ended.reason(), ended.message(), ended.at(), false), at));
      case Promised _,
          Placed _,
          Claimed _,
          Ready _,
          VolumeBusy _,
          Extended _,
          PreemptionNoticed _,
          StopAsked _,
          RuntimeGone _,
          VolumeReleased _ ->
          Optional.empty();
    };
  }

  /** Whether this runtime has the right to be the session's. */
  public boolean isClaimedBy(String runtimeUid) {
    return switch (state) {
      case Starting(_, var claimedBy) -> claimedBy.filter(runtimeUid::equals).isPresent();
      case Running(_, var claimedBy, _, _, _) -> claimedBy.equals(runtimeUid);
      case Queued _, Stopping _, Ended _ -> false;
    };
  }

  public boolean isEnded() {
    return state instanceof Ended;
  }

  /** When its maximum lifetime ends, counted from its placement; empty before that. */
  public Optional<Instant> lifetimeEnd() {
    return state.held().map(assignment -> assignment.at().plus(spec.policy().maximumLifetime()));
  }

  /** When it ends whatever it does: with its lifetime, or before that with its notice. */
  public Optional<Instant> latestEnd() {
    return isPreemptedFirst() ? preemptAt() : lifetimeEnd();
  }

  /** What it ends for at its {@link #latestEnd()}. */
  public EndReason latestEndReason() {
    return isPreemptedFirst() ? EndReason.PREEMPTED : EndReason.MAX_LIFETIME;
  }

  private boolean isPreemptedFirst() {
    return preemptAt()
        .flatMap(notice -> lifetimeEnd().filter(end -> !end.isBefore(notice)))
        .isPresent();
  }

  /** When it must give its devices back, if it has had notice of that. */
  public Optional<Instant> preemptAt() {
    return state instanceof Running running ? running.preemptAt() : Optional.empty();
  }

  private Session next(SessionState state, Instant at) {
    return next(attempt, policyGeneration, extendUntil, state, at);
  }

  private Session next(
      int attempt,
      long policyGeneration,
      Optional<Instant> extendUntil,
      SessionState state,
      Instant at) {
    return new Session(
        id,
        owner,
        spec,
        created,
        at.isAfter(updated) ? at : updated,
        version + 1,
        attempt,
        policyGeneration,
        extendUntil,
        state);
  }
}
