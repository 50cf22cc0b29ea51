package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All queues, checked. There is always a queue {@value #DEFAULT}; unless it is stated it has no
 * quotas and may use all there is. Immutable.
 */
public final class Queues {
  /** The queue of sessions that name none. */
  public static final String DEFAULT = SessionSpec.DEFAULT_QUEUE;

  /** The most queues that may be stated. */
  public static final int MAXIMUM = 10_000;

  private static final String NONE = "none";
  private static final double MAXIMUM_WEIGHT = 1_000_000;
  private static final Duration MAXIMUM_DURATION = Duration.ofDays(366);

  private final SortedMap<String, QueueSpec> byName = new TreeMap<>();
  private final SortedMap<String, List<QueueSpec>> byCohort = new TreeMap<>();

  private Queues(List<QueueSpec> stated) {
    stated.forEach(queue -> byName.put(queue.name(), queue));
    byName.putIfAbsent(DEFAULT, QueueSpec.named(DEFAULT));
    for (QueueSpec queue : byName.values()) {
      queue.cohort().ifPresent(cohort -> byCohort.merge(cohort, List.of(queue), Queues::joined));
    }
  }

  /** Only the built-in queue. */
  public static Queues builtIn() {
    return new Queues(List.of());
  }

  /**
   * The queues that are stated, if all is right with them.
   *
   * @throws InvalidField naming the first field that is wrong by its path, such as {@code
   *     queues[2].quotas[0].lendingLimit}
   */
  public static Queues of(List<QueueSpec> stated) {
    if (stated.size() > MAXIMUM) {
      throw new InvalidField("queues", stated.size() + " queues", "at most " + MAXIMUM);
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < stated.size(); i++) {
      check("queues[" + i + "]", stated.get(i));
      if (!names.add(stated.get(i).name())) {
        throw new InvalidField("queues[" + i + "].name", stated.get(i).name(), "each name once");
      }
    }
    return new Queues(stated);
  }

  public Optional<QueueSpec> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** By name. */
  public Collection<QueueSpec> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** The queues of a cohort, by name. */
  public List<QueueSpec> inCohort(String cohort) {
    return byCohort.getOrDefault(cohort, List.of());
  }

  /** By name. */
  public Set<String> cohorts() {
    return Collections.unmodifiableSet(byCohort.keySet());
  }

  /**
   * The most that a queue could hold of a class if nobody else held anything; empty for no limit, 0
   * where it may not use the class.
   */
  public OptionalLong mostMilli(QueueSpec queue, String accelerator) {
    if (queue.quotas().isEmpty() || accelerator.equals(NONE)) {
      return OptionalLong.empty();
    }
    Optional<Quota> quota = queue.quota(accelerator);
    if (quota.isEmpty()) {
      return OptionalLong.of(0);
    }
    long lent =
        queue.cohort().map(this::inCohort).orElse(List.of(queue)).stream()
            .flatMap(member -> member.quota(accelerator).stream())
            .mapToLong(member -> member.nominalMilli() - member.keptMilli())
            .sum();
    long most = quota.get().keptMilli() + lent;
    OptionalLong borrowing = quota.get().borrowingLimitMilli();
    return OptionalLong.of(
        borrowing.isPresent()
            ? Math.min(most, quota.get().nominalMilli() + borrowing.getAsLong())
            : most);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Queues queues && byName.equals(queues.byName);
  }

  @Override
  public int hashCode() {
    return byName.hashCode();
  }

  @Override
  public String toString() {
    return byName.values().toString();
  }

  private static void check(String at, QueueSpec queue) {
    require(
        SessionSpec.isQueueName(queue.name()),
        at + ".name",
        queue.name(),
        SessionSpec.QUEUE_NAME_EXPECTED);
    queue
        .cohort()
        .ifPresent(
            cohort -> {
              require(
                  SessionSpec.isQueueName(cohort),
                  at + ".cohort",
                  cohort,
                  SessionSpec.QUEUE_NAME_EXPECTED);
              require(
                  !queue.quotas().isEmpty(),
                  at + ".cohort",
                  cohort,
                  "absent, as the queue states no quotas");
            });
    require(
        queue.weight() > 0 && queue.weight() <= MAXIMUM_WEIGHT,
        at + ".weight",
        queue.weight(),
        "> 0 and at most 1000000");
    duration(at + ".minimumRun", queue.minimumRun());
    duration(at + ".notice", queue.notice());
    require(
        queue.priorities().lowest() <= queue.priorities().highest(),
        at + ".priorities.lowest",
        queue.priorities().lowest(),
        "at most highest " + queue.priorities().highest());
    Set<String> classes = new HashSet<>();
    for (int i = 0; i < queue.quotas().size(); i++) {
      Quota quota = queue.quotas().get(i);
      check(at + ".quotas[" + i + "]", quota, queue.cohort().isPresent());
      require(
          classes.add(quota.accelerator()),
          at + ".quotas[" + i + "].accelerator",
          quota.accelerator(),
          "each class once");
    }
    check(at + ".userLimits", queue.userLimits());
  }

  private static void check(String at, Quota quota, boolean inCohort) {
    require(
        Accelerator.isType(quota.accelerator()) && !quota.accelerator().equals(NONE),
        at + ".accelerator",
        quota.accelerator(),
        "an accelerator class such as nvidia-t4");
    devices(at + ".nominal", quota.nominalMilli());
    quota
        .borrowingLimitMilli()
        .ifPresent(
            limit -> {
              inCohort(at + ".borrowingLimit", limit, inCohort);
              devices(at + ".borrowingLimit", limit);
            });
    quota
        .lendingLimitMilli()
        .ifPresent(
            limit -> {
              inCohort(at + ".lendingLimit", limit, inCohort);
              require(
                  limit >= 0 && limit <= quota.nominalMilli(),
                  at + ".lendingLimit",
                  Quota.devices(limit),
                  "0 to nominal " + Quota.devices(quota.nominalMilli()));
            });
  }

  private static void check(String at, UserLimits limits) {
    limits
        .sessions()
        .ifPresent(sessions -> require(sessions > 0, at + ".sessions", sessions, "> 0"));
    limits
        .devicesMilli()
        .ifPresent(
            milli ->
                require(
                    milli > 0 && milli <= Quota.MAXIMUM_MILLI,
                    at + ".devices",
                    Quota.devices(milli),
                    "> 0 and at most " + Quota.devices(Quota.MAXIMUM_MILLI)));
    limits
        .budget()
        .ifPresent(
            budget -> {
              require(
                  budget.gpuSeconds() > 0, at + ".budget.gpuSeconds", budget.gpuSeconds(), "> 0");
              require(
                  budget.period().compareTo(Duration.ofMinutes(1)) >= 0
                      && budget.period().compareTo(MAXIMUM_DURATION) <= 0,
                  at + ".budget.period",
                  budget.period(),
                  "PT1M to " + MAXIMUM_DURATION);
            });
  }

  private static void devices(String at, long milli) {
    require(
        milli >= 0 && milli <= Quota.MAXIMUM_MILLI,
        at,
        Quota.devices(milli),
        "0 to " + Quota.devices(Quota.MAXIMUM_MILLI));
  }

  private static void duration(String at, Duration value) {
    require(
        !value.isNegative() && value.compareTo(MAXIMUM_DURATION) <= 0,
        at,
        value,
        "PT0S to " + MAXIMUM_DURATION);
  }

  private static void inCohort(String at, long milli, boolean inCohort) {
    require(inCohort, at, Quota.devices(milli), "absent, as the queue is in no cohort");
  }

  private static void require(boolean condition, String field, Object value, String expected) {
    if (!condition) {
      throw new InvalidField(field, String.valueOf(value), expected);
    }
  }

  private static List<QueueSpec> joined(List<QueueSpec> some, List<QueueSpec> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }
}
