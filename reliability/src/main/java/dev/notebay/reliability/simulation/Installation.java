package dev.notebay.reliability.simulation;

import dev.notebay.reliability.history.History;
import dev.notebay.reliability.history.Linearizability;
import dev.notebay.reliability.history.SessionAnswer;
import dev.notebay.reliability.history.SessionCall;
import dev.notebay.reliability.history.SessionSpecification;
import dev.notebay.reliability.history.Verdict;
import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** One installation in one world: schedulers, database, cluster, storage gateway, people. */
final class Installation {
  /** The one accelerator class that there is. */
  static final String ACCELERATOR = "nvidia-t4";

  private static final long LOOK = 250_000_000L;
  private static final long STOP_AGAIN = 5_000_000_000L;
  private static final long CHECKER_BUDGET = 1_000_000;

  private final World world;
  private final Network network;
  private final Truth truth;
  private final Database database;
  private final SimGateway gateway;
  private final Cluster cluster;
  private final List<Node> fleet;
  private final List<SimReplica> replicas = new ArrayList<>();
  private final Map<String, SimUser> users = new TreeMap<>();
  private final History<SessionCall, SessionAnswer> history = new History<>();
  private final Rest rest;

  Installation(World world, Weather weather) {
    this.world = world;
    this.network = new Network(world, weather);
    this.truth = new Truth(world, weather.limits().start());
    this.database = new Database(world, truth);
    this.gateway = new SimGateway(world);
    this.fleet =
        IntStream.range(0, weather.nodes())
            .mapToObj(i -> node("n" + i, weather.devicesPerNode()))
            .toList();
    this.cluster = new Cluster(world, network, truth, this::agent);
    fleet.forEach(node -> cluster.add(node.name()));
    for (int i = 0; i < weather.replicas(); i++) {
      replicas.add(
          new SimReplica(
              "scheduler-" + i, world, network, database, cluster, gateway, () -> fleet));
    }
    for (int i = 0; i < weather.users(); i++) {
      String name = "user-" + i;
      users.put(name, new SimUser(name, world, network, truth, replicas, history));
    }
    this.rest = new Rest(truth, database, cluster, gateway, fleet);
  }

  private SimAgent agent(Pod pod) {
    return new SimAgent(world, network, cluster, truth, replicas, pod);
  }

  private static Node node(String name, int devices) {
    return new Node(
        name,
        100_000,
        100L << 30,
        IntStream.range(0, devices)
            .mapToObj(i -> new Device("d" + i, ACCELERATOR, 16L << 30, true, true))
            .toList());
  }

  World world() {
    return world;
  }

  Network network() {
    return network;
  }

  Truth truth() {
    return truth;
  }

  Database database() {
    return database;
  }

  SimGateway gateway() {
    return gateway;
  }

  Cluster cluster() {
    return cluster;
  }

  List<SimReplica> replicas() {
    return replicas;
  }

  List<SimUser> users() {
    return List.copyOf(users.values());
  }

  /**
   * Lets time pass until all is as it should be.
   *
   * @return how long that took
   * @throws Violation when it takes longer than {@code limit}
   */
  Duration settle(Duration limit) {
    long began = world.now();
    while (true) {
      Optional<String> restless = rest.whatIsNotAsItShould(world.time());
      if (restless.isEmpty()) {
        long took = world.now() - began;
        world.trace(() -> "---- settled after " + took / 1_000_000 + " ms");
        return Duration.ofNanos(took);
      }
      if (world.now() - began > limit.toNanos()) {
        throw new Violation("not settled in " + limit + ": " + restless.get());
      }
      world.runUntil(world.now() + LOOK);
    }
  }

  /**
   * Has every session stopped by its owner, and lets time pass until nothing is left.
   *
   * @throws Violation when that takes longer than {@code limit}, or the ledger is wrong then
   */
  void end(Duration limit) {
    long began = world.now();
    long stopped = began - STOP_AGAIN;
    while (true) {
      if (world.now() - stopped >= STOP_AGAIN) {
        stopped = world.now();
        users.values().forEach(SimUser::stopAll);
      }
      Optional<String> left = rest.whatIsLeft();
      if (left.isEmpty()) {
        checkLedger();
        return;
      }
      if (world.now() - began > limit.toNanos()) {
        throw new Violation("left over " + limit + " after all was stopped: " + left.get());
      }
      world.runUntil(world.now() + LOOK);
    }
  }

  private void checkLedger() {
    for (Session session : truth.sessions()) {
      SessionId id = session.id();
      long recorded =
          database.rows().uses(id).stream()
              .mapToLong(use -> Duration.between(use.from(), use.until().orElseThrow()).toNanos())
              .sum();
      long real = truth.deviceNanos(id);
      if (Math.abs(recorded - real) > Duration.ofMillis(1).toNanos()) {
        throw new Violation(
            "the ledger of %s says %d ns, and it was %d ns".formatted(id, recorded, real));
      }
    }
  }

  /**
   * Checks what people have been answered.
   *
   * @throws Violation when no order of their calls explains it
   */
  void checkHistory() {
    if (Linearizability.check(new SessionSpecification(false), history.operations(), CHECKER_BUDGET)
        instanceof Verdict.Violation<SessionCall, SessionAnswer> violation) {
      throw new Violation(violation.describe());
    }
  }
}
