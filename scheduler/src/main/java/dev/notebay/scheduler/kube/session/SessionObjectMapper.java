package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Activity;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Placement;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Queueing;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.State;
import dev.notebay.scheduler.kube.session.SessionConditions.Finding;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the status of an object from what is known of its session. The same knowledge at about the
 * same time gives an equal status, so that nothing need be written.
 */
final class SessionObjectMapper {
  private SessionObjectMapper() {}

  /**
   * The status of a session's object.
   *
   * @param before what the object says now, from which conditions that have not changed keep their
   *     times
   * @param generation of the object that is described
   */
  static NotebookSessionStatus status(
      SessionView view, @Nullable NotebookSessionStatus before, long generation, Instant now) {
    Session session = view.session();
    return new NotebookSessionStatus(
        generation,
        session.id().toString(),
        State.valueOf(session.state().label()),
        reason(session),
        message(session),
        accelerator(session),
        queue(view, now),
        placement(session),
        activity(view, now),
        session.state() instanceof Running running ? running.jupyter().toString() : null,
        readyTime(session, before),
        session.state() instanceof Ended ended ? seconds(ended.at()) : null,
        conditions(SessionConditions.of(view), before, generation, now));
  }

  /**
   * The status of an object of which no session came.
   *
   * @param reason UPPER_SNAKE
   * @param message for people: which field, which value, what would be right
   */
  static NotebookSessionStatus rejected(
      String reason,
      String message,
      @Nullable NotebookSessionStatus before,
      long generation,
      Instant now) {
    return refused(null, reason, message, before, generation, now);
  }

  /** The status of an object whose session is nowhere any more. */
  static NotebookSessionStatus vanished(
      @Nullable NotebookSessionStatus before, long generation, Instant now) {
    return refused(
        // Kept, or another session would be made for it.
        before == null ? null : before.session(),
        "SESSION_VANISHED",
        "its session is not known any more: delete the object and apply it again",
        before,
        generation,
        now);
  }

  private static NotebookSessionStatus refused(
      @Nullable String session,
      String reason,
      String message,
      @Nullable NotebookSessionStatus before,
      long generation,
      Instant now) {
    return new NotebookSessionStatus(
        generation,
        session,
        State.REJECTED,
        reason,
        message,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        conditions(
            SessionConditions.rejected(SessionConditions.camelCase(reason), message),
            before,
            generation,
            now));
  }

  private static List<SessionCondition> conditions(
      List<Finding> findings,
      @Nullable NotebookSessionStatus before,
      long generation,
      Instant now) {
    return findings.stream()
        .map(
            finding ->
                new SessionCondition(
                    finding.type(),
                    finding.status(),
                    finding.reason(),
                    finding.message(),
                    Optional.ofNullable(before)
                        .flatMap(status -> status.condition(finding.type()))
                        .filter(condition -> condition.status() == finding.status())
                        .map(SessionCondition::lastTransitionTime)
                        .orElseGet(() -> seconds(now)),
                    generation))
        .toList();
  }

  private static @Nullable String reason(Session session) {
    return switch (session.state()) {
      case Queued _, Starting _, Running _ -> null;
      case Stopping(_, var reason, _, _) -> reason.name();
      case Ended(var reason, _, _, _) -> reason.name();
    };
  }

  private static @Nullable String message(Session session) {
    return switch (session.state()) {
      case Queued _, Starting _, Running _ -> null;
      case Stopping(_, _, var message, _) -> message;
      case Ended(_, var message, _, _) -> message;
    };
  }

  private static String accelerator(Session session) {
    var wanted = session.spec().accelerator();
    if (wanted.isNone()) {
      return wanted.type();
    }
    return session.state().held().map(held -> wanted.only(held.type())).orElse(wanted).describe();
  }

  private static @Nullable Queueing queue(SessionView view, Instant now) {
    if (!(view.session().state() instanceof Queued(_, _, var startBy))
        || view.waiting().isEmpty()) {
      return null;
    }
    Standing standing = view.waiting().get();
    // The bound as it is stored: what is not might be forgotten.
    return new Queueing(
        standing.position(),
        standing.reason().name(),
        standing.message(),
        startBy
            .map(at -> at.isAfter(now) ? Duration.between(now, at) : Duration.ZERO)
            .map(left -> DurationText.coarse(left, true))
            .orElse(null),
        startBy.map(SessionObjectMapper::seconds).orElse(null),
        standing.likelyStart().map(SessionObjectMapper::minutes).orElse(null));
  }

  private static @Nullable Placement placement(Session session) {
    return session
        .state()
        .held()
        .map(
            (Assignment held) ->
                new Placement(held.node(), held.devices(), session.attempt(), seconds(held.at())))
        .orElse(null);
  }

  private static @Nullable Activity activity(SessionView view, Instant now) {
    Session session = view.session();
    if (!(session.state() instanceof Running)) {
      return null;
    }
    Optional<AgentReport.Activity> told = view.report().flatMap(AgentReport::activity);
    Optional<Instant> idleEnd = told.flatMap(AgentReport.Activity::stopAt);
    Optional<Instant> latest = session.latestEnd();
    boolean idleFirst =
        idleEnd.isPresent() && latest.filter(end -> end.isBefore(idleEnd.get())).isEmpty();
    Optional<String> reason =
        idleFirst
            ? told.flatMap(AgentReport.Activity::stopReason).map(EndReason::name)
            : latest.map(_ -> session.latestEndReason().name());
    return new Activity(
        told.filter(activity -> !activity.active())
            .map(activity -> Duration.between(activity.lastActive(), now))
            .map(idle -> DurationText.coarse(idle, false))
            .orElse(null),
        (idleFirst ? idleEnd : latest).map(SessionObjectMapper::minutes).orElse(null),
        reason.orElse(null),
        session
            .extendUntil()
            .filter(until -> until.isAfter(now))
            .map(SessionObjectMapper::minutes)
            .orElse(null));
  }

  /** Kept after its end, when the session itself does not know it any more. */
  private static @Nullable String readyTime(
      Session session, @Nullable NotebookSessionStatus before) {
    return session.state() instanceof Running running
        ? seconds(running.readyAt())
        : session.state() instanceof Queued || before == null ? null : before.readyTime();
  }

  private static String seconds(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String minutes(Instant at) {
    return at.truncatedTo(ChronoUnit.MINUTES).toString();
  }
}
