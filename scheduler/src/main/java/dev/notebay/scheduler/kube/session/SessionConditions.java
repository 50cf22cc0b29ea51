package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.kube.session.SessionCondition.Status.False;
import static dev.notebay.scheduler.kube.session.SessionCondition.Status.True;
import static dev.notebay.scheduler.kube.session.SessionCondition.Status.Unknown;

import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a session has reached, and what it waits for; every condition is there from the first. */
final class SessionConditions {
  static final String ACCEPTED = "Accepted";
  static final String QUEUED = "Queued";
  static final String PLACED = "Placed";
  static final String VOLUMES_ATTACHED = "VolumesAttached";
  static final String KERNEL_READY = "KernelReady";
  static final String READY = "Ready";
  static final String IDLE_WARNING = "IdleWarning";
  static final String PREEMPTION_NOTICE = "PreemptionNotice";

  private SessionConditions() {}

  /** A condition without its times. */
  record Finding(String type, SessionCondition.Status status, String reason, String message) {}

  static List<Finding> of(SessionView view) {
    return List.of(
        new Finding(ACCEPTED, True, "SessionExists", ""),
        queued(view),
        placed(view.session()),
        volumesAttached(view),
        kernelReady(view),
        ready(view.session()),
        idleWarning(view),
        preemptionNotice(view.session()));
  }

  /** Of an object of which no session came. */
  static List<Finding> rejected(String reason, String message) {
    return List.of(
        new Finding(ACCEPTED, False, reason, message),
        new Finding(QUEUED, False, "NotAccepted", ""),
        new Finding(PLACED, False, "NotAccepted", ""),
        new Finding(VOLUMES_ATTACHED, False, "NotAccepted", ""),
        new Finding(KERNEL_READY, False, "NotAccepted", ""),
        new Finding(READY, False, "NotAccepted", message),
        new Finding(IDLE_WARNING, False, "NotAccepted", ""),
        new Finding(PREEMPTION_NOTICE, False, "NotAccepted", ""));
  }

  /** {@code IDLE_TIMEOUT} becomes {@code IdleTimeout}. */
  static String camelCase(String upperSnake) {
    return Arrays.stream(upperSnake.split("_"))
        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining());
  }

  private static Finding queued(SessionView view) {
    return switch (view.session().state()) {
      case Queued _ ->
          new Finding(
              QUEUED,
              True,
              view.waiting()
                  .map(standing -> camelCase(standing.reason().name()))
                  .orElse("PendingEvaluation"),
              view.waiting().map(Standing::message).orElse(""));
      case Starting _, Running _, Stopping _ -> new Finding(QUEUED, False, "Placed", "");
      case Ended _ -> new Finding(QUEUED, False, "Ended", "");
    };
  }

  private static Finding placed(Session session) {
    return switch (session.state()) {
      case Queued _ -> new Finding(PLACED, False, "Waiting", "waits for room");
      case Starting(var held, _) -> placedOn(held.node());
      case Running(var held, _, _, _, _) -> placedOn(held.node());
      case Stopping(var held, _, _, _) -> placedOn(held.node());
      case Ended _ -> new Finding(PLACED, False, "Ended", "");
    };
  }

  private static Finding placedOn(String node) {
    return new Finding(PLACED, True, "DevicesBooked", "on node " + node);
  }

  private static Finding volumesAttached(SessionView view) {
    Session session = view.session();
    if (session.spec().volume().isEmpty()) {
      return new Finding(VOLUMES_ATTACHED, True, "NoneWanted", "");
    }
    String volume = session.spec().volume().get();
    return switch (session.state()) {
      case Queued(_, var heldBack, _) ->
          heldBack
              .map(held -> new Finding(VOLUMES_ATTACHED, False, "VolumeInUse", held.why()))
              .orElseGet(() -> new Finding(VOLUMES_ATTACHED, False, "NotPlaced", ""));
      // A runtime asks for its session only once its volume is there, and images come after it.
      case Starting(_, var claimedBy) ->
          claimedBy.isPresent()
                  || view.start()
                      .filter(start -> start.phase().compareTo(StartPhase.VOLUME) > 0)
                      .isPresent()
              ? attached(volume)
              : new Finding(
                  VOLUMES_ATTACHED,
                  False,
                  "Attaching",
                  view.start()
                      .filter(start -> start.phase() == StartPhase.VOLUME)
                      .map(RuntimeView.Starting::message)
                      .filter(message -> !message.isEmpty())
                      .orElse("volume " + volume));
      case Running _, Stopping _ -> attached(volume);
      case Ended(_, _, _, var volumeHeld) ->
          volumeHeld
              ? new Finding(VOLUMES_ATTACHED, Unknown, "Releasing", "volume " + volume)
              : new Finding(VOLUMES_ATTACHED, False, "Released", "volume " + volume);
    };
  }

  private static Finding attached(String volume) {
    return new Finding(VOLUMES_ATTACHED, True, "Attached", "volume " + volume);
  }

  private static Finding kernelReady(SessionView view) {
    return switch (view.session().state()) {
      case Queued _ -> new Finding(KERNEL_READY, False, "NotPlaced", "");
      case Starting _ ->
          view.start()
              .map(
                  start ->
                      new Finding(KERNEL_READY, False, start.phase().reason(), start.explanation()))
              .orElseGet(
                  () ->
                      new Finding(
                          KERNEL_READY, False, "RuntimeStarting", "its runtime is being made"));
      case Running _ ->
          view.connected()
              ? new Finding(KERNEL_READY, True, "AgentConnected", "")
              : new Finding(
                  KERNEL_READY,
                  Unknown,
                  "AgentNotHeard",
                  "by this replica of the scheduler, perhaps by another; its kernels go on");
      case Stopping _ -> new Finding(KERNEL_READY, False, "Stopping", "");
      case Ended _ -> new Finding(KERNEL_READY, False, "Ended", "");
    };
  }

  private static Finding ready(Session session) {
    return switch (session.state()) {
      case Queued _ -> new Finding(READY, False, "Queued", "");
      case Starting _ -> new Finding(READY, False, "Starting", "");
      case Running _ -> new Finding(READY, True, "JupyterAnswers", "");
      case Stopping(_, var reason, var message, _) ->
          new Finding(READY, False, camelCase(reason.name()), message);
      case Ended(var reason, var message, _, _) ->
          new Finding(READY, False, camelCase(reason.name()), message);
    };
  }

  private static Finding idleWarning(SessionView view) {
    if (!(view.session().state() instanceof Running)) {
      return new Finding(IDLE_WARNING, False, "NotRunning", "");
    }
    return view.report()
        .flatMap(AgentReport::activity)
        .map(
            activity ->
                activity.warned()
                    ? new Finding(IDLE_WARNING, True, "StopsSoon", activity.explanation())
                    : new Finding(IDLE_WARNING, False, activity.active() ? "Active" : "Idle", ""))
        .orElseGet(
            () -> new Finding(IDLE_WARNING, Unknown, "NotReported", "unknown is never idle"));
  }

  private static Finding preemptionNotice(Session session) {
    return session
        .preemptAt()
        .map(
            until ->
                new Finding(
                    PREEMPTION_NOTICE,
                    True,
                    "DevicesNeeded",
                    "its devices are needed by others; it keeps them until " + until))
        .orElseGet(() -> new Finding(PREEMPTION_NOTICE, False, "NoNotice", ""));
  }
}
