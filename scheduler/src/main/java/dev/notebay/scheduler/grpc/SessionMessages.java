package dev.notebay.scheduler.grpc;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.ActivityStatus;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.PlacementStatus;
import dev.notebay.proto.session.v1.QueueStatus;
import dev.notebay.proto.session.v1.RuntimeStatus;
import dev.notebay.proto.session.v1.Session.Reason;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.proto.session.v1.SessionPolicy;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Instant;
import java.util.Optional;

/** Sessions as messages of the contract. */
final class SessionMessages {
  private SessionMessages() {}

  static dev.notebay.proto.session.v1.Session toMessage(SessionView view) {
    Session session = view.session();
    SessionSpec spec = session.spec();
    var message =
        dev.notebay.proto.session.v1.Session.newBuilder()
            .setName(RequestParser.nameOf(session.id()))
            .setOwner(session.owner().subject())
            .setDisplayName(spec.displayName())
            .setEtag(SessionRequests.etagOf(session))
            .setCreateTime(timestamp(session.created()))
            .setUpdateTime(timestamp(session.updated()))
            .setAccelerator(
                Accelerator.newBuilder()
                    .setType(spec.accelerator().type())
                    .addAllElseTypes(
                        spec.accelerator().types().subList(1, spec.accelerator().types().size()))
                    .setCount(spec.accelerator().count())
                    .setMilli(spec.accelerator().isNone() ? 0 : spec.accelerator().milli())
                    .setMemoryBytes(spec.accelerator().memoryBytes()))
            .setCompute(
                Compute.newBuilder()
                    .setCpuMilli(spec.compute().cpuMilli())
                    .setMemoryBytes(spec.compute().memoryBytes()))
            .setVolume(spec.volume().orElse(""))
            .setQueueName(spec.queue())
            .setPriority(spec.priority())
            .setImage(spec.image().map(Image::reference).orElse(""))
            .putAllEnvironment(spec.environment().variables())
            .setPolicy(
                SessionPolicy.newBuilder()
                    .setIdleTimeout(duration(spec.policy().idleTimeout()))
                    .setMaximumLifetime(duration(spec.policy().maximumLifetime()))
                    .setWarning(duration(spec.policy().warning())));
    session
        .state()
        .held()
        .ifPresent(held -> message.setPlacement(placement(held, session.attempt())));
    switch (session.state()) {
      case Queued(var since, _, var startBy) -> {
        message.setState(State.STATE_QUEUED);
        view.waiting().ifPresent(standing -> message.setQueue(queue(standing, since, startBy)));
      }
      case Starting _ -> message.setState(State.STATE_STARTING);
      case Running(_, _, var jupyter, var readyAt, _) -> {
        message
            .setState(State.STATE_RUNNING)
            .setRuntime(
                RuntimeStatus.newBuilder()
                    .setJupyterUri(jupyter.toString())
                    .setReadyTime(timestamp(readyAt))
                    .setConnected(view.connected()));
        view.report()
            .flatMap(AgentReport::activity)
            .ifPresent(activity -> message.setActivity(activity(activity, session)));
      }
      case Stopping(_, var reason, var text, _) ->
          message.setState(State.STATE_STOPPING).setReason(reason(reason)).setMessage(text);
      case Ended(var reason, var text, var at, _) ->
          message
              .setState(reason.isFault() ? State.STATE_FAILED : State.STATE_STOPPED)
              .setReason(reason(reason))
              .setMessage(text)
              .setEndTime(timestamp(at));
    }
    return message.addAllConditions(Conditions.of(view)).build();
  }

  private static PlacementStatus placement(Assignment held, int attempt) {
    return PlacementStatus.newBuilder()
        .setNode(held.node())
        .setAcceleratorType(held.type())
        .addAllDevices(held.devices())
        .setAttempt(attempt)
        .setPlaceTime(timestamp(held.at()))
        .build();
  }

  /**
   * @param startBy the bound as it is stored: what is not might be forgotten
   */
  private static QueueStatus queue(Standing standing, Instant since, Optional<Instant> startBy) {
    var status =
        QueueStatus.newBuilder()
            .setPosition(standing.position())
            .setSince(timestamp(since))
            .setReason(standing.reason().name())
            .setMessage(standing.message());
    startBy.ifPresent(bound -> status.setStartBy(timestamp(bound)));
    standing.likelyStart().ifPresent(start -> status.setEstimatedStartTime(timestamp(start)));
    return status.build();
  }

  private static ActivityStatus activity(AgentReport.Activity activity, Session session) {
    var status =
        ActivityStatus.newBuilder()
            .setActive(activity.active())
            .setLastActiveTime(timestamp(activity.lastActive()))
            .setExplanation(activity.explanation());
    activity.stopAt().ifPresent(at -> status.setStopTime(timestamp(at)));
    activity.stopReason().ifPresent(why -> status.setStopReason(reason(why)));
    // Its agent may not have heard of the notice yet, or be of a version that knows no word for it.
    session
        .preemptAt()
        .filter(notice -> activity.stopAt().filter(notice::isAfter).isEmpty())
        .ifPresent(
            notice ->
                status.setStopTime(timestamp(notice)).setStopReason(reason(EndReason.PREEMPTED)));
    session.extendUntil().ifPresent(until -> status.setExtendUntil(timestamp(until)));
    return status.build();
  }

  static Reason reason(EndReason reason) {
    return switch (reason) {
      case USER_REQUEST -> Reason.REASON_USER_REQUEST;
      case IDLE_TIMEOUT -> Reason.REASON_IDLE_TIMEOUT;
      case MAX_LIFETIME -> Reason.REASON_MAX_LIFETIME;
      case PREEMPTED -> Reason.REASON_PREEMPTED;
      case START_FAILED -> Reason.REASON_START_FAILED;
      case START_TIMEOUT -> Reason.REASON_START_TIMEOUT;
      case RUNTIME_LOST -> Reason.REASON_RUNTIME_LOST;
      case NODE_LOST -> Reason.REASON_NODE_LOST;
      case VOLUME_NOT_FOUND -> Reason.REASON_VOLUME_NOT_FOUND;
      case VOLUME_UNAVAILABLE -> Reason.REASON_VOLUME_UNAVAILABLE;
      case IMAGE_UNAVAILABLE -> Reason.REASON_IMAGE_UNAVAILABLE;
      case KERNEL_OUT_OF_MEMORY -> Reason.REASON_KERNEL_OUT_OF_MEMORY;
      case EVICTED -> Reason.REASON_EVICTED;
      case UNPLACEABLE -> Reason.REASON_UNPLACEABLE;
    };
  }

  static Condition condition(
      String type, Condition.Status status, String reason, String message, Instant since) {
    return Condition.newBuilder()
        .setType(type)
        .setStatus(status)
        .setReason(reason)
        .setMessage(message)
        .setLastTransitionTime(timestamp(since))
        .build();
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  static Instant instant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
