package dev.notebay.scheduler.core.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A fleet and its people in virtual time, which checks with books of its own what the engine
 * decides: nothing given out twice, no quota passed, no promise broken.
 */
final class World {
  static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  static final Compute SMALL = new Compute(1000, 1L << 30);

  final QueueEngine engine;
  final Map<SessionId, Instant> startedAt = new LinkedHashMap<>();
  final Map<SessionId, Outcome.Never> never = new HashMap<>();
  final Map<SessionId, Instant> promises = new HashMap<>();
  final List<Outcome.Withdrawn> withdrawn = new ArrayList<>();
  final List<Outcome.Preempt> preemptions = new ArrayList<>();
  final Map<String, Double> gpuSeconds = new HashMap<>();
  final Map<SessionId, Holding> holding = new LinkedHashMap<>();
  final Map<SessionId, Waiting> waiting = new LinkedHashMap<>();

  private final List<Use> uses = new ArrayList<>();
  private final QueueSettings settings;
  private @Nullable SplittableRandom shuffle;
  private final Map<SessionId, Duration> stays = new HashMap<>();
  final Queues queues;
  int promised;
  int compared;
  int differed;
  private final Map<String, Node> nodes = new HashMap<>();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::number));
  private long number;
  private Instant now = START;

  private record Event(Instant at, long number, Runnable what) {}

  World(List<Node> nodes, Queues queues, QueueSettings settings) {
    this.queues = queues;
    this.settings = settings;
    nodes.forEach(node -> this.nodes.put(node.name(), node));
    this.engine = engine(nodes, queues, settings);
  }

  static QueueEngine engine(List<Node> nodes, Queues queues, QueueSettings settings) {
    FleetState fleet = FleetState.of(nodes);
    return new QueueEngine(queues, fleet, new Placer(fleet, new TightestFit()), settings);
  }

  static Node node(String name, String type, int devices) {
    return new Node(
        name,
        64_000,
        256L << 30,
        IntStream.range(0, devices)
            .mapToObj(i -> new Device(type + "-" + i, type, 16L << 30, false, true))
            .toList());
  }

  static SessionId id(long number) {
    return new SessionId(new UUID(0, number));
  }

  static Waiting session(
      long number,
      String owner,
      String queue,
      int devices,
      @Nullable Duration lifetime,
      Instant created) {
    return new Waiting(
        id(number),
        new Owner(owner),
        queue,
        0,
        new Request(devices == 0 ? Accelerator.NONE : new Accelerator("nvidia-t4", devices), SMALL),
        Optional.ofNullable(lifetime),
        created,
        Optional.empty(),
        Optional.empty());
  }

  Instant now() {
    return now;
  }

  /** It comes at its {@code created}, and once placed holds for {@code stays} at the most. */
  void arrives(Waiting session, Duration stays) {
    this.stays.put(session.id(), stays);
    at(
        session.created(),
        () -> {
          waiting.put(session.id(), session);

          engine.put(session);
        });
  }

  void at(Instant at, Runnable what) {
    events.add(new Event(at, number++, what));
  }

  /** Lets time pass until nothing more happens, or until then. */
  void run(Instant until) {
    while (!events.isEmpty() && !events.peek().at().isAfter(until)) {
      now = events.peek().at();
      while (!events.isEmpty() && events.peek().at().equals(now)) {
        events.remove().what().run();
      }
      pass();
    }
    now = until;
  }

  /** From now on each decision is compared with that of an engine which is told all anew. */
  void compareWithRebuilt(SplittableRandom shuffle) {
    this.shuffle = shuffle;
  }

  private List<Outcome> decideAnew(SplittableRandom random) {
    QueueEngine anew = engine(List.copyOf(nodes.values()), queues, settings);
    List<Runnable> puts = new ArrayList<>();
    waiting.values().forEach(one -> puts.add(() -> anew.put(one)));
    holding.values().forEach(one -> puts.add(() -> anew.put(one)));
    uses.forEach(use -> puts.add(() -> anew.used(use)));
    Collections.shuffle(puts, new Random(random.nextLong()));
    puts.forEach(Runnable::run);
    return anew.pass(now);
  }

  List<Outcome> pass() {
    SplittableRandom random = shuffle;
    List<Outcome> anew = random == null ? List.of() : decideAnew(random);
    List<Outcome> outcomes = engine.pass(now);
    if (random != null) {
      compared++;
      differed += anew.equals(outcomes) ? 0 : 1;
    }

    for (Outcome outcome : outcomes) {
      switch (outcome) {
        case Outcome.Place place -> placed(place);
        case Outcome.Preempt preempt -> preempted(preempt);
        case Outcome.Never impossible -> {
          never.put(impossible.session(), impossible);
          waiting.remove(impossible.session());
          engine.remove(impossible.session(), now);
        }
        case Outcome.Promise(var id, var startBy) -> promised(id, Optional.of(startBy));
        case Outcome.Withdrawn gone -> {
          withdrawn.add(gone);
          promised(gone.session(), Optional.empty());
        }
      }
    }
    engine.nextPass().filter(at -> !at.isBefore(now)).ifPresent(at -> at(at, () -> {}));
    return outcomes;
  }

  private void promised(SessionId id, Optional<Instant> startBy) {
    promised += startBy.isPresent() ? 1 : 0;
    startBy.ifPresentOrElse(at -> promises.put(id, at), () -> promises.remove(id));
    waiting.computeIfPresent(id, (_, session) -> session.promised(startBy));
    Waiting session = waiting.get(id);
    if (session != null) {
      engine.put(session);
    }
  }

  private void placed(Outcome.Place place) {
    Waiting session = requireNonNull(waiting.remove(place.session()), "it did not wait");
    assertThat(now)
        .as("promise of %s", session)
        .isBeforeOrEqualTo(promises.getOrDefault(session.id(), Instant.MAX));
    var holds = Holding.of(session, place.accelerator(), place.allotment(), now);
    holding.put(session.id(), holds);
    startedAt.put(session.id(), now);
    engine.put(holds);
    checkRoom(place.allotment());
    checkQuotas();
    Duration stays = this.stays.getOrDefault(session.id(), Duration.ZERO);
    Duration life =
        session.maximumLifetime().filter(most -> most.compareTo(stays) < 0).orElse(stays);
    at(now.plus(life), () -> end(session.id()));
  }

  private void preempted(Outcome.Preempt preempt) {
    preemptions.add(preempt);
    for (Outcome.Victim victim : preempt.victims()) {
      holding.computeIfPresent(victim.session(), (_, one) -> one.noticed(victim.until()));
      engine.put(held(victim.session()));
      at(victim.until(), () -> end(victim.session()));
    }
  }

  void end(SessionId id) {
    Holding ended = holding.remove(id);

    if (ended != null) {
      engine.remove(id, now);
      uses.add(new Use(ended.queue(), ended.owner(), ended.milli(), ended.since(), now));
      gpuSeconds.merge(
          ended.queue(),
          ended.milli() / 1000.0 * Duration.between(ended.since(), now).toMillis() / 1000,
          Double::sum);
    }
  }

  Holding held(SessionId id) {
    return requireNonNull(holding.get(id), "it holds nothing");
  }

  void becomesIfThere(SessionId id, Activity activity) {
    if (holding.containsKey(id)) {
      becomes(id, activity);
    }
  }

  void becomes(SessionId id, Activity activity) {
    holding.computeIfPresent(
        id,
        (_, one) ->
            new Holding(
                one.id(),
                one.owner(),
                one.queue(),
                one.priority(),
                one.accelerator(),
                one.allotment(),
                one.since(),
                one.endsBy(),
                activity,
                one.noticeUntil()));
    engine.put(held(id));
  }

  void checkRoom(Allotment taken) {
    Node node = requireNonNull(nodes.get(taken.node()));
    Map<String, Integer> milli = new HashMap<>();
    Map<String, Long> deviceMemory = new HashMap<>();
    long cpu = 0;
    long memory = 0;
    for (Holding one : holding.values()) {
      if (one.allotment().node().equals(taken.node())) {
        cpu += one.allotment().compute().cpuMilli();
        memory += one.allotment().compute().memoryBytes();
        for (String device : one.allotment().devices()) {
          milli.merge(device, one.allotment().milli(), Integer::sum);
          deviceMemory.merge(device, one.allotment().memoryBytes(), Long::sum);
        }
      }
    }
    assertThat(cpu).isLessThanOrEqualTo(node.cpuMilli());
    assertThat(memory).isLessThanOrEqualTo(node.memoryBytes());
    assertThat(milli.values()).as("devices of %s", node.name()).allMatch(used -> used <= 1000);
    assertThat(node.devices().stream().map(Device::id)).containsAll(milli.keySet());
    assertThat(node.devices())
        .allMatch(device -> deviceMemory.getOrDefault(device.id(), 0L) <= device.memoryBytes());
  }

  private void checkQuotas() {
    Map<String, Long> used = new HashMap<>();
    holding
        .values()
        .forEach(one -> used.merge(one.queue() + " " + one.accelerator(), one.milli(), Long::sum));
    Map<String, Long> lent = new HashMap<>();
    Map<String, Long> capacity = new HashMap<>();
    for (QueueSpec queue : queues.all()) {
      for (Quota quota : queue.quotas()) {
        long holds = used.getOrDefault(queue.name() + " " + quota.accelerator(), 0L);
        assertThat(holds)
            .as("held by %s", queue.name())
            .isLessThanOrEqualTo(
                queue.cohort().isEmpty()
                    ? quota.nominalMilli()
                    : quota.nominalMilli()
                        + quota.borrowingLimitMilli().orElse(Quota.MAXIMUM_MILLI));
        String pool = queue.cohort().orElse("alone " + queue.name()) + " " + quota.accelerator();
        long kept = quota.nominalMilli() - quota.lendingLimitMilli().orElse(quota.nominalMilli());
        lent.merge(pool, Math.max(0, holds - kept), Long::sum);
        capacity.merge(pool, quota.nominalMilli() - kept, Long::sum);
      }
    }
    lent.forEach(
        (pool, milli) ->
            assertThat(milli)
                .as("pool %s", pool)
                .isLessThanOrEqualTo(capacity.getOrDefault(pool, 0L)));
  }
}
