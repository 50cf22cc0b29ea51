package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.queue.Holding;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What came of a simulation, gathered while it goes on. */
final class QueueResult {
  private static final double SECOND = 1e9;

  private final SortedMap<String, OfQueue> queues = new TreeMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final List<Long> passes = new ArrayList<>();
  private final long devices;
  private int refused;
  private int promises;
  private int late;
  private int withdrawn;
  private double seconds;

  /**
   * Devices of a queue, taken or given back.
   *
   * @param seconds since the start
   */
  record Change(double seconds, String queue, double devices) {}

  /** One queue's part. */
  static final class OfQueue {
    private final List<Double> waits = new ArrayList<>();
    private int arrived;
    private int stillWaiting;
    private int preempted;
    private double gpuSeconds;

    int arrived() {
      return arrived;
    }

    int started() {
      return waits.size();
    }

    int stillWaiting() {
      return stillWaiting;
    }

    int preempted() {
      return preempted;
    }

    double gpuSeconds() {
      return gpuSeconds;
    }

    /** Seconds; of those that have started. */
    double waited(double quantile) {
      return quantile(waits, quantile);
    }
  }

  QueueResult(QueueWorkload workload) {
    this.devices = workload.nodes().stream().mapToLong(node -> node.devices().size()).sum();
    for (QueueSpec queue : workload.queues().all()) {
      queues.put(queue.name(), new OfQueue());
    }
  }

  /** By name. */
  SortedMap<String, OfQueue> queues() {
    return Collections.unmodifiableSortedMap(queues);
  }

  /** In order of time. */
  List<Change> changes() {
    return Collections.unmodifiableList(changes);
  }

  int refused() {
    return refused;
  }

  int promises() {
    return promises;
  }

  /** How many started after the time that they were promised. */
  int late() {
    return late;
  }

  int withdrawn() {
    return withdrawn;
  }

  /** Virtual time that it took. */
  double seconds() {
    return seconds;
  }

  double gpuSeconds() {
    return queues.values().stream().mapToDouble(OfQueue::gpuSeconds).sum();
  }

  /** Of all GPU time there was. */
  double utilizationPercent() {
    return devices == 0 || seconds == 0 ? 0 : 100 * gpuSeconds() / (devices * seconds);
  }

  int passes() {
    return passes.size();
  }

  /** Real time of one pass. */
  double passMillis(double quantile) {
    return quantile(passes.stream().map(nanos -> nanos / 1e6).toList(), quantile);
  }

  void passed(long nanos) {
    passes.add(nanos);
  }

  void arrived(Waiting session) {
    of(session.queue()).arrived++;
  }

  void started(Waiting session, Holding holds, Instant now, boolean isLate) {
    of(session.queue()).waits.add(seconds(Duration.between(session.created(), now)));
    late += isLate ? 1 : 0;
    change(holds, now, 1);
  }

  void left(Holding holds, Instant now) {
    of(holds.queue()).gpuSeconds += devices(holds) * seconds(Duration.between(holds.since(), now));
    change(holds, now, -1);
  }

  void preempted(Holding victim) {
    of(victim.queue()).preempted++;
  }

  void stillWaits(Waiting session) {
    of(session.queue()).stillWaiting++;
  }

  void refusedOne() {
    refused++;
  }

  void promised() {
    promises++;
  }

  void withdrawnOne() {
    withdrawn++;
  }

  void ended(Instant now) {
    seconds = seconds(Duration.between(QueueWorkload.START, now));
  }

  private void change(Holding holds, Instant now, int sign) {
    if (devices(holds) > 0) {
      changes.add(
          new Change(
              seconds(Duration.between(QueueWorkload.START, now)),
              holds.queue(),
              sign * devices(holds)));
    }
  }

  private OfQueue of(String queue) {
    return queues.computeIfAbsent(queue, _ -> new OfQueue());
  }

  private static double devices(Holding holds) {
    return holds.allotment().devices().size() * holds.allotment().milli() / 1000.0;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / SECOND;
  }

  private static double quantile(List<Double> values, double quantile) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))];
  }
}
