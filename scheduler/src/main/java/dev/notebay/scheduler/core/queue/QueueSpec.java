package dev.notebay.scheduler.core.queue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One queue as an operator states it. Checked by {@link Queues#of}, which can name the field that
 * is wrong, and not before.
 *
 * @param name as sessions name it
 * @param cohort queues that lend each other what they leave unused name the same cohort
 * @param quotas one for each accelerator class that the queue may use; none where it may use all
 *     there is of every class
 * @param weight its share of GPU time is to the others' as this is to theirs; above 0
 * @param reclaim whom of its cohort it may end to get lent devices back
 * @param preemption whom of its own sessions a waiting one may end
 * @param minimumRun how long a session of this queue runs before it may be ended for another
 * @param notice how long before its end a session of this queue is told that it is ended for
 *     another
 * @param userLimits what one person may have of it
 * @param priorities that its sessions may have
 */
public record QueueSpec(
    String name,
    Optional<String> cohort,
    List<Quota> quotas,
    double weight,
    Reclaim reclaim,
    Preemption preemption,
    Duration minimumRun,
    Duration notice,
    UserLimits userLimits,
    PriorityRange priorities) {
  private static final Duration USUAL_MINIMUM_RUN = Duration.ofMinutes(10);
  private static final Duration USUAL_NOTICE = Duration.ofMinutes(1);

  public QueueSpec {
    quotas = List.copyOf(quotas);
  }

  /** A queue with these quotas in no cohort, and with what is usual of everything else. */
  public static QueueSpec named(String name, Quota... quotas) {
    return new QueueSpec(
        name,
        Optional.empty(),
        List.of(quotas),
        1,
        Reclaim.NEVER,
        Preemption.NEVER,
        USUAL_MINIMUM_RUN,
        USUAL_NOTICE,
        UserLimits.NONE,
        PriorityRange.USUAL);
  }

  public QueueSpec in(String cohort) {
    return new QueueSpec(
        name,
        Optional.of(cohort),
        quotas,
        weight,
        reclaim,
        preemption,
        minimumRun,
        notice,
        userLimits,
        priorities);
  }

  public QueueSpec weighing(double weight) {
    return new QueueSpec(
        name,
        cohort,
        quotas,
        weight,
        reclaim,
        preemption,
        minimumRun,
        notice,
        userLimits,
        priorities);
  }

  public QueueSpec ending(
      Reclaim reclaim, Preemption preemption, Duration minimumRun, Duration notice) {
    return new QueueSpec(
        name,
        cohort,
        quotas,
        weight,
        reclaim,
        preemption,
        minimumRun,
        notice,
        userLimits,
        priorities);
  }

  public QueueSpec limiting(UserLimits userLimits) {
    return new QueueSpec(
        name,
        cohort,
        quotas,
        weight,
        reclaim,
        preemption,
        minimumRun,
        notice,
        userLimits,
        priorities);
  }

  /** The quota for an accelerator class, if one is stated. */
  Optional<Quota> quota(String accelerator) {
    return quotas.stream().filter(quota -> quota.accelerator().equals(accelerator)).findFirst();
  }

  /** Whether the queue may use the class at all. */
  public boolean allows(String accelerator) {
    return quotas.isEmpty() || accelerator.equals("none") || quota(accelerator).isPresent();
  }
}
