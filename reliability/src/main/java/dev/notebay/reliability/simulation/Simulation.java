package dev.notebay.reliability.simulation;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
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
  /** Within this time after the last fault everything must be as it should. */
  public static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);

  private final long seed;
  private final World world;
  private final Weather weather;
  private final Installation installation;
  private final Storm storm;

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
    this.installation = new Installation(world, weather);
    this.storm = new Storm(installation);
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
      installation.replicas().forEach(SimReplica::start);
      installation.users().forEach(SimUser::start);
      storm.start();
      world.runUntil(weather.storm());
      storm.end();
      settled = installation.settle(SETTLE_LIMIT);
      installation.end(SETTLE_LIMIT);
      installation.checkHistory();
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
    return new Result(
        seed,
        world.steps(),
        world.hash(),
        installation.truth().sessions().size(),
        settled,
        violation);
  }
}
