package dev.notebay.reliability.simulation;

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
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One life of an installation, told by a seed, in three parts (after TigerBeetle's VOPR and
 * FoundationDB's simulation, SIGMOD 2021):
 *
 * <ol>
 *   <li>a storm: people use it while things go wrong;
 *   <li>calm: everything is healed, and all must come to rest within {@link #SETTLE_LIMIT};
 *   <li>the end: every session is stopped, and nothing may be left.
 * </ol>
 */
public final class Simulation {
  /** The one accelerator class that there is. */
  static final String ACCELERATOR = "nvidia-t4";

  /** Within this time after the last fault everything must be as it should. */
  public static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);

  private static final long LOOK = 250_000_000L;
  private static final long STOP_AGAIN = 5_000_000_000L;

  private final long seed;
  private final World world;
  private final Weather weather;
  private final Truth truth;
  private final Database database;
  private final Cluster cluster;
  private final SimGateway gateway;
  private final Storm storm;
  private final List<Node> fleet;
  private final List<SimReplica> replicas = new ArrayList<>();
  private final Map<String, SimUser> users = new TreeMap<>();

  /**
   * How one life went.
   *
   * @param steps how many events happened
   * @param hash the same for the same history, and for no other in all likelihood
   * @param sessions how many were made
   * @param settled how long after the last fault all was as it should be; zero where there was a
   *     violation before
   */
  public record Result(
      long seed,
      long steps,
      long hash,
      int sessions,
      Duration settled,
      Optional<String> violation) {}

  private Simulation(long seed, @Nullable Consumer<String> trace) {
    this.seed = seed;
    this.world = new World(seed, trace);
    this.weather = Weather.of(world.random());
    world.trace(() -> "seed " + seed + ": " + weather);
    Network network = new Network(world, weather);
    this.truth = new Truth(world);
    truth.startsTakeAtMost(weather.limits().start());
    this.database = new Database(world, truth);
    this.gateway = new SimGateway(world);
    this.fleet =
        IntStream.range(0, weather.nodes())
            .mapToObj(i -> node("n" + i, weather.devicesPerNode()))
            .toList();
    this.cluster =
        new Cluster(
            world,
            network,
            truth,
            pod -> new SimAgent(world, network, cluster(), truth, replicas, pod));
    fleet.forEach(node -> cluster.add(node.name()));
    for (int i = 0; i < weather.replicas(); i++) {
      replicas.add(
          new SimReplica(
              "scheduler-" + i, world, network, database, cluster, gateway, () -> fleet));
    }
    for (int i = 0; i < weather.users(); i++) {
      String name = "user-" + i;
      users.put(name, new SimUser(name, world, network, truth, replicas));
    }
    this.storm = new Storm(world, network, database, cluster, gateway, replicas);
  }

  private Cluster cluster() {
    return cluster;
  }

  private static Node node(String name, int devices) {
    return new Node(
        name,
        100_000,
        100L << 30,
        IntStream.range(0, devices)
            .mapToObj(i -> new Device("d" + i, ACCELERATOR, 0, true))
            .toList());
  }

  /** Lives the life of {@code seed}. */
  public static Result run(long seed) {
    return run(seed, null);
  }

  /**
   * @param trace told everything that happens, a line each; null where nobody listens
   */
  public static Result run(long seed, @Nullable Consumer<String> trace) {
    return new Simulation(seed, trace).run();
  }

  private Result run() {
    Duration settled = Duration.ZERO;
    try {
      replicas.forEach(SimReplica::start);
      users.values().forEach(SimUser::start);
      storm.start();
      world.runUntil(weather.storm());
      storm.end();
      settled = settle();
      end();
      checkLedger();
    } catch (Violation violation) {
      return result(settled, Optional.of(String.valueOf(violation.getMessage())));
    } catch (RuntimeException unexpected) {
      world.trace(() -> "threw " + unexpected);
      return result(settled, Optional.of("threw " + describe(unexpected)));
    }
    return result(settled, Optional.empty());
  }

  private static String describe(RuntimeException unexpected) {
    StackTraceElement[] stack = unexpected.getStackTrace();
    return unexpected + (stack.length == 0 ? "" : " at " + stack[0]);
  }

  private Result result(Duration settled, Optional<String> violation) {
    violation.ifPresent(words -> world.trace(() -> "VIOLATION " + words));
    int sessions = 0;
    for (Session _ : truth.sessions()) {
      sessions++;
    }
    return new Result(seed, world.steps(), world.hash(), sessions, settled, violation);
  }

  private Duration settle() {
    var rest = new Rest(truth, database, cluster, gateway, fleet);
    long calm = world.now();
    while (true) {
      Optional<String> unsettled = rest.whatIsNotAsItShould(world.time());
      if (unsettled.isEmpty()) {
        long settled = world.now() - calm;
        world.trace(() -> "---- settled after " + settled / 1_000_000 + " ms");
        return Duration.ofNanos(settled);
      }
      if (world.now() - calm > SETTLE_LIMIT.toNanos()) {
        throw new Violation("not settled in " + SETTLE_LIMIT + ": " + unsettled.get());
      }
      world.runUntil(world.now() + LOOK);
    }
  }

  private void end() {
    var rest = new Rest(truth, database, cluster, gateway, fleet);
    long began = world.now();
    long stopped = began - STOP_AGAIN;
    while (true) {
      if (world.now() - stopped >= STOP_AGAIN) {
        stopped = world.now();
        stopAll();
      }
      Optional<String> left = rest.whatIsLeft();
      if (left.isEmpty()) {
        return;
      }
      if (world.now() - began > SETTLE_LIMIT.toNanos()) {
        throw new Violation("left over " + SETTLE_LIMIT + " after all was stopped: " + left.get());
      }
      world.runUntil(world.now() + LOOK);
    }
  }

  private void stopAll() {
    for (Session session : database.rows().unfinished()) {
      SimUser user = users.get(session.owner().subject());
      if (user != null && !session.isEnded()) {
        user.stopForGood(session.id());
      }
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
}
