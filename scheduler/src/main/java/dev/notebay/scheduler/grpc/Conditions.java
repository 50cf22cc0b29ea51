package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.grpc.SessionMessages.condition;

import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.Condition.Status;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.util.List;

/** What a session has reached, derived from its state: nothing is stored twice. */
final class Conditions {
  private Conditions() {}

  /**
   * {@code Placed}, {@code RuntimeStarted}, {@code AgentConnected}, {@code Ready}, {@code
   * IdleWarning}, {@code PreemptionNotice}, always all of them.
   */
  static List<Condition> of(SessionView view) {
    return List.of(
        placed(view),
        runtimeStarted(view),
        agentConnected(view),
        ready(view),
        idleWarning(view),
        notice(view));
  }

  private static Condition notice(SessionView view) {
    Session session = view.session();
    return session
        .preemptAt()
        .map(
            until ->
                condition(
                    "PreemptionNotice",
                    Status.STATUS_TRUE,
                    "DevicesNeeded",
                    "its devices are needed by others; it keeps them until " + until,
                    session.updated()))
        .orElseGet(
            () ->
                condition(
                    "PreemptionNotice", Status.STATUS_FALSE, "NoNotice", "", session.updated()));
  }

  private static Condition placed(SessionView view) {
    Session session = view.session();
    return session
        .state()
        .held()
        .map(
            held ->
                condition(
                    "Placed", Status.STATUS_TRUE, "Placed", "on node " + held.node(), held.at()))
        .orElseGet(
            () ->
                session.state() instanceof Queued(var since, _, _)
                    ? condition("Placed", Status.STATUS_FALSE, "Queued", "waits for room", since)
                    : condition("Placed", Status.STATUS_FALSE, "Ended", "", session.updated()));
  }

  private static Condition runtimeStarted(SessionView view) {
    Session session = view.session();
    return switch (session.state()) {
      case Queued _, Ended _ ->
          condition("RuntimeStarted", Status.STATUS_FALSE, "NoRuntime", "", session.updated());
      case Starting(var assignment, _) ->
          view.start()
              .map(
                  start ->
                      condition(
                          "RuntimeStarted",
                          Status.STATUS_FALSE,
                          start.phase().reason(),
                          start.explanation(),
                          start.since()))
              .orElseGet(
                  () ->
                      condition(
                          "RuntimeStarted", Status.STATUS_FALSE, "Starting", "", assignment.at()));
      case Running _, Stopping _ ->
          condition("RuntimeStarted", Status.STATUS_TRUE, "Started", "", session.updated());
    };
  }

  private static Condition agentConnected(SessionView view) {
    Session session = view.session();
    return switch (session.state()) {
      case Queued _, Ended _ ->
          condition("AgentConnected", Status.STATUS_FALSE, "NoRuntime", "", session.updated());
      case Starting(_, var claimedBy) when claimedBy.isEmpty() ->
          condition(
              "AgentConnected",
              Status.STATUS_FALSE,
              "RuntimeStarting",
              "its volume is mounted and its runtime started",
              session.updated());
      case Starting _, Running _, Stopping _ ->
          view.connected()
              ? condition("AgentConnected", Status.STATUS_TRUE, "Connected", "", session.updated())
              : condition(
                  "AgentConnected",
                  Status.STATUS_UNKNOWN,
                  "Silent",
                  "its agent is not heard here now, perhaps by another replica; its kernels go on",
                  session.updated());
    };
  }

  private static Condition ready(SessionView view) {
    Session session = view.session();
    return session.state() instanceof Running(_, _, _, var readyAt, _)
        ? condition("Ready", Status.STATUS_TRUE, "JupyterAnswers", "", readyAt)
        : condition(
            "Ready",
            Status.STATUS_FALSE,
            camelCase(session.state().label()),
            "",
            session.updated());
  }

  private static Condition idleWarning(SessionView view) {
    Session session = view.session();
    if (!(session.state() instanceof Running)) {
      return condition("IdleWarning", Status.STATUS_FALSE, "NotRunning", "", session.updated());
    }
    return view.report()
        .flatMap(AgentReport::activity)
        .map(
            activity ->
                condition(
                    "IdleWarning",
                    activity.warned() ? Status.STATUS_TRUE : Status.STATUS_FALSE,
                    activity.warned() ? "StopsSoon" : activity.active() ? "Active" : "Idle",
                    activity.explanation(),
                    activity.lastActive()))
        .orElseGet(
            () ->
                condition(
                    "IdleWarning",
                    Status.STATUS_UNKNOWN,
                    "NotReported",
                    "unknown is never idle",
                    session.updated()));
  }

  private static String camelCase(String upper) {
    return upper.charAt(0) + upper.substring(1).toLowerCase(java.util.Locale.ROOT);
  }
}
