package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.queue.Preemption;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.queue.Reclaim;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The generator files of Kueue's performance tests ({@code
 * test/performance/scheduler/configs/…/generator.yaml}): cohorts of like queues, each with sets of
 * workloads. A unit of quota is a device here, on nodes of {@value #DEVICES}; there are as many as
 * all queues together have of nominal quota. Workloads there have no maximum lifetime; here they
 * have one of an hour, so that plans can be made.
 */
final class KueueWorkload {
  private static final int DEVICES = 60;
  private static final String UNIT = "unit";
  private static final Duration LIFETIME = Duration.ofHours(1);
  private static final Duration MINIMUM_RUN = Duration.ofMinutes(10);

  /** The least that a session may ask for. */
  private static final Compute SMALL = new Compute(1, 128L << 20);

  private static final int MANY = 100_000;

  private KueueWorkload() {}

  static QueueWorkload read(YamlField root) {
    List<QueueSpec> queues = new ArrayList<>();
    List<Visit> visits = new ArrayList<>();
    for (YamlField cohort : root.get("cohorts").elements()) {
      int cohorts = cohort.get("count").number(1, MANY);
      for (int of = 0; of < cohorts; of++) {
        String name = cohort.get("className").text() + "-" + of;
        for (YamlField set : cohort.get("queuesSets").elements()) {
          int count = set.get("count").number(1, MANY);
          for (int index = 0; index < count; index++) {
            QueueSpec queue = queue(set, name, index);
            queues.add(queue);
            set.get("workloadsSets").elements().forEach(one -> add(visits, queue.name(), one));
          }
        }
      }
    }
    return new QueueWorkload(
        nodes(queues), Queues.of(queues), QueueSettings.USUAL, visits, Optional.empty());
  }

  private static QueueSpec queue(YamlField set, String cohort, int index) {
    Quota quota = Quota.devices(UNIT, set.get("nominalQuota").number(0, MANY));
    YamlField borrowing = set.get("borrowingLimit");
    return QueueSpec.named(
            cohort + "-" + set.get("className").text() + "-" + index,
            borrowing.isThere() ? quota.borrowing(borrowing.number(0, MANY)) : quota)
        .in(cohort)
        .ending(
            set.get("reclaimWithinCohort").word(Reclaim.class, Reclaim.NEVER),
            set.get("withinClusterQueue").word(Preemption.class, Preemption.NEVER),
            MINIMUM_RUN,
            Duration.ZERO);
  }

  private static void add(List<Visit> visits, String queue, YamlField set) {
    int count = set.get("count").number(1, MANY);
    Duration every = Duration.ofMillis(set.get("creationIntervalMs").number(0, MANY));
    for (int index = 0; index < count; index++) {
      for (YamlField workload : set.get("workloads").elements()) {
        visits.add(
            new Visit(
                Arrivals.session(
                    visits.size(),
                    queue,
                    "generator",
                    workload.get("priority").number(-MANY, MANY, 0),
                    new Request(
                        new Accelerator(UNIT, workload.get("request").number(1, DEVICES)), SMALL),
                    Optional.of(LIFETIME),
                    every.multipliedBy(index)),
                Duration.ofMillis(workload.get("runtimeMs").number(1, Integer.MAX_VALUE)),
                Optional.empty()));
      }
    }
  }

  private static List<Node> nodes(List<QueueSpec> queues) {
    long devices =
        queues.stream().mapToLong(queue -> queue.quotas().getFirst().nominalMilli()).sum() / 1000;
    List<Node> nodes = new ArrayList<>();
    for (long index = 0; index * DEVICES < devices; index++) {
      nodes.add(WorkloadFile.node("n-%05d".formatted(index), UNIT, DEVICES, MANY, MANY));
    }
    return nodes;
  }
}
