package dev.notebay.scheduler.grpc;

import com.google.protobuf.Duration;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.Quota;
import dev.notebay.proto.queue.v1.UserLimits;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.queue.Preemption;
import dev.notebay.scheduler.core.queue.PriorityRange;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Reclaim;
import dev.notebay.scheduler.core.queue.UserLimits.Budget;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads queues as operators state them. What a message can say and a queue cannot is refused here;
 * the rest is checked by {@link dev.notebay.scheduler.core.queue.Queues}, whose paths go on where
 * these do.
 */
final class QueueParser {
  private static final String NAME_PREFIX = "queues/";

  private QueueParser() {}

  static String nameOf(String queue) {
    return NAME_PREFIX + queue;
  }

  /** The name in {@code queues/{queue}}. */
  static String name(String field, String name) {
    if (name.startsWith(NAME_PREFIX)) {
      String queue = name.substring(NAME_PREFIX.length());
      if (SessionSpec.isQueueName(queue)) {
        return queue;
      }
    }
    throw new InvalidField(
        field, name, "queues/{queue} with a queue of " + SessionSpec.QUEUE_NAME_EXPECTED);
  }

  static List<QueueSpec> queues(List<Queue> stated) {
    List<QueueSpec> queues = new ArrayList<>();
    for (int i = 0; i < stated.size(); i++) {
      queues.add(queue("queues[" + i + "]", stated.get(i)));
    }
    return queues;
  }

  private static QueueSpec queue(String at, Queue queue) {
    String name = name(at + ".name", queue.getName());
    QueueSpec usual = QueueSpec.named(name);
    return new QueueSpec(
        name,
        Optional.of(queue.getCohort()).filter(cohort -> !cohort.isEmpty()),
        queue.getQuotasList().stream().map(QueueParser::quota).toList(),
        queue.hasWeight() ? queue.getWeight() : usual.weight(),
        reclaim(at + ".reclaim", queue.getReclaim()),
        preemption(at + ".preemption", queue.getPreemption()),
        queue.hasMinimumRun()
            ? duration(at + ".minimumRun", queue.getMinimumRun())
            : usual.minimumRun(),
        queue.hasNotice() ? duration(at + ".notice", queue.getNotice()) : usual.notice(),
        limits(at + ".userLimits", queue.getUserLimits()),
        queue.hasPriorities()
            ? new PriorityRange(
                queue.getPriorities().getLowest(), queue.getPriorities().getHighest())
            : usual.priorities());
  }

  private static dev.notebay.scheduler.core.queue.Quota quota(Quota quota) {
    return new dev.notebay.scheduler.core.queue.Quota(
        quota.getAccelerator(),
        quota.getNominalMilli(),
        quota.hasBorrowingLimitMilli()
            ? OptionalLong.of(quota.getBorrowingLimitMilli())
            : OptionalLong.empty(),
        quota.hasLendingLimitMilli()
            ? OptionalLong.of(quota.getLendingLimitMilli())
            : OptionalLong.empty());
  }

  private static dev.notebay.scheduler.core.queue.UserLimits limits(String at, UserLimits limits) {
    return new dev.notebay.scheduler.core.queue.UserLimits(
        limits.hasSessions() ? OptionalInt.of(limits.getSessions()) : OptionalInt.empty(),
        limits.hasDevicesMilli() ? OptionalLong.of(limits.getDevicesMilli()) : OptionalLong.empty(),
        limits.hasBudget()
            ? Optional.of(
                new Budget(
                    limits.getBudget().getGpuSeconds(),
                    duration(at + ".budget.period", limits.getBudget().getPeriod())))
            : Optional.empty());
  }

  private static Reclaim reclaim(String field, Queue.Reclaim reclaim) {
    return switch (reclaim) {
      case RECLAIM_UNSPECIFIED, RECLAIM_NEVER -> Reclaim.NEVER;
      case RECLAIM_LOWER_PRIORITY -> Reclaim.LOWER_PRIORITY;
      case RECLAIM_ANY -> Reclaim.ANY;
      case UNRECOGNIZED -> throw new InvalidField(field, "unknown", "NEVER, LOWER_PRIORITY or ANY");
    };
  }

  private static Preemption preemption(String field, Queue.Preemption preemption) {
    return switch (preemption) {
      case PREEMPTION_UNSPECIFIED, PREEMPTION_NEVER -> Preemption.NEVER;
      case PREEMPTION_LOWER_PRIORITY -> Preemption.LOWER_PRIORITY;
      case UNRECOGNIZED -> throw new InvalidField(field, "unknown", "NEVER or LOWER_PRIORITY");
    };
  }

  private static java.time.Duration duration(String field, Duration stated) {
    // Checked before java.time sees it, which would overflow.
    if (stated.getSeconds() < 0
        || stated.getSeconds() > Integer.MAX_VALUE
        || stated.getNanos() < 0
        || stated.getNanos() > 999_999_999) {
      throw new InvalidField(
          field,
          stated.getSeconds() + "." + String.format("%09d", stated.getNanos()) + " s",
          "a duration that is not negative");
    }
    return java.time.Duration.ofSeconds(stated.getSeconds(), stated.getNanos());
  }
}
