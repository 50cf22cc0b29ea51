package dev.notebay.scheduler.grpc;

import dev.notebay.proto.queue.v1.Budget;
import dev.notebay.proto.queue.v1.ClassUsage;
import dev.notebay.proto.queue.v1.Priorities;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.Quota;
import dev.notebay.proto.queue.v1.UserLimits;
import dev.notebay.scheduler.core.queue.Preemption;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Reclaim;
import dev.notebay.scheduler.core.request.QueueView;
import dev.notebay.scheduler.core.request.QueueView.ClassUse;

/** Queues as messages of the contract. */
final class QueueMessages {
  private QueueMessages() {}

  static Queue toMessage(QueueView view) {
    QueueSpec spec = view.spec();
    var queue =
        Queue.newBuilder()
            .setName(QueueParser.nameOf(spec.name()))
            .setCohort(spec.cohort().orElse(""))
            .setWeight(spec.weight())
            .setReclaim(reclaim(spec.reclaim()))
            .setPreemption(preemption(spec.preemption()))
            .setMinimumRun(SessionMessages.duration(spec.minimumRun()))
            .setNotice(SessionMessages.duration(spec.notice()))
            .setUserLimits(limits(spec.userLimits()))
            .setPriorities(
                Priorities.newBuilder()
                    .setLowest(spec.priorities().lowest())
                    .setHighest(spec.priorities().highest()))
            .setFairShare(view.fairShare())
            .setWaitingSessions(view.waiting())
            .setRunningSessions(view.running());
    spec.quotas().forEach(quota -> queue.addQuotas(quota(quota)));
    view.classes().forEach(use -> queue.addUsage(usage(use)));
    return queue.build();
  }

  private static Quota quota(dev.notebay.scheduler.core.queue.Quota quota) {
    var message =
        Quota.newBuilder()
            .setAccelerator(quota.accelerator())
            .setNominalMilli(quota.nominalMilli());
    quota.borrowingLimitMilli().ifPresent(message::setBorrowingLimitMilli);
    quota.lendingLimitMilli().ifPresent(message::setLendingLimitMilli);
    return message.build();
  }

  private static UserLimits limits(dev.notebay.scheduler.core.queue.UserLimits limits) {
    var message = UserLimits.newBuilder();
    limits.sessions().ifPresent(message::setSessions);
    limits.devicesMilli().ifPresent(message::setDevicesMilli);
    limits
        .budget()
        .ifPresent(
            budget ->
                message.setBudget(
                    Budget.newBuilder()
                        .setGpuSeconds(budget.gpuSeconds())
                        .setPeriod(SessionMessages.duration(budget.period()))));
    return message.build();
  }

  private static ClassUsage usage(ClassUse use) {
    return ClassUsage.newBuilder()
        .setAccelerator(use.accelerator())
        .setNominalMilli(use.nominalMilli())
        .setInUseMilli(use.inUseMilli())
        .setBorrowedMilli(use.borrowedMilli())
        .setWaitingMilli(use.waitingMilli())
        .setShare(use.share())
        .build();
  }

  private static Queue.Reclaim reclaim(Reclaim reclaim) {
    return switch (reclaim) {
      case NEVER -> Queue.Reclaim.RECLAIM_NEVER;
      case LOWER_PRIORITY -> Queue.Reclaim.RECLAIM_LOWER_PRIORITY;
      case ANY -> Queue.Reclaim.RECLAIM_ANY;
    };
  }

  private static Queue.Preemption preemption(Preemption preemption) {
    return switch (preemption) {
      case NEVER -> Queue.Preemption.PREEMPTION_NEVER;
      case LOWER_PRIORITY -> Queue.Preemption.PREEMPTION_LOWER_PRIORITY;
    };
  }
}
