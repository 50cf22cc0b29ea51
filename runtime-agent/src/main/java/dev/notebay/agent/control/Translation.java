package dev.notebay.agent.control;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.proto.runtime.v1.Activity;
import dev.notebay.proto.runtime.v1.EndRequest;
import dev.notebay.proto.runtime.v1.Heartbeat;
import dev.notebay.proto.runtime.v1.Kernel;
import dev.notebay.proto.runtime.v1.Policy;
import java.time.Instant;
import java.util.Optional;

/** Between the agent's words and those of the contract. */
final class Translation {
  private Translation() {}

  static Terms terms(Policy policy) {
    java.time.Duration idle = duration(policy.getIdleTimeout());
    java.time.Duration warning = duration(policy.getWarning());
    return new Terms(
        policy.getGeneration(),
        policy.hasIdleTimeout() && idle.isPositive() ? Optional.of(idle) : Optional.empty(),
        warning.isNegative() ? java.time.Duration.ZERO : warning,
        policy.hasLifetimeEndTime()
            ? Optional.of(between(policy.getTime(), policy.getLifetimeEndTime()))
            : Optional.empty(),
        policy.getLifetimeEndCause() == EndRequest.Cause.CAUSE_PREEMPTED
            ? Cause.PREEMPTED
            : Cause.MAX_LIFETIME,
        policy.hasExtendUntil()
            ? Optional.of(between(policy.getTime(), policy.getExtendUntil()))
            : Optional.empty());
  }

  static java.time.Duration duration(Duration duration) {
    return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  private static java.time.Duration between(Timestamp from, Timestamp to) {
    return java.time.Duration.between(instant(from), instant(to));
  }

  static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }

  static EndRequest.Cause cause(Cause cause) {
    return switch (cause) {
      case IDLE_TIMEOUT -> EndRequest.Cause.CAUSE_IDLE_TIMEOUT;
      case PREEMPTED -> EndRequest.Cause.CAUSE_PREEMPTED;
      case MAX_LIFETIME -> EndRequest.Cause.CAUSE_MAX_LIFETIME;
      case USER_REQUEST -> EndRequest.Cause.CAUSE_USER_REQUEST;
    };
  }

  static Heartbeat heartbeat(Report report) {
    var heartbeat = Heartbeat.newBuilder().setConnections(report.connections());
    report.kernels().forEach(kernel -> heartbeat.addKernels(kernel(kernel)));
    report.activity().ifPresent(activity -> heartbeat.setActivity(activity(activity)));
    return heartbeat.build();
  }

  private static Activity activity(Report.Activity activity) {
    var message =
        Activity.newBuilder()
            .setActive(activity.active())
            .setLastActiveTime(timestamp(activity.lastActive()))
            .setWarned(activity.warned())
            .setExplanation(activity.explanation());
    activity.stopTime().ifPresent(time -> message.setStopTime(timestamp(time)));
    activity.stopCause().ifPresent(cause -> message.setStopCause(cause(cause)));
    return message.build();
  }

  private static Kernel kernel(KernelView kernel) {
    return Kernel.newBuilder()
        .setId(kernel.id().toString())
        .setKernelName(kernel.name())
        .setExecutionState(kernel.state().wireName())
        .setLastActivityTime(timestamp(kernel.lastActivity()))
        .setDeath(kernel.death().orElse(""))
        .build();
  }
}
