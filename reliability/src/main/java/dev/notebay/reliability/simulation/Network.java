package dev.notebay.reliability.simulation;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Calls from one process to another. What is under way belongs to nobody: a caller's crash does not
 * take it back.
 */
final class Network {
  /** What a caller waits at most, in milliseconds. */
  private static final long PATIENCE = 4_000;

  private final World world;
  private Weather weather;

  Network(World world, Weather weather) {
    this.world = world;
    this.weather = weather;
  }

  /** From now on calls fare as this says; those under way do not change. */
  void change(Weather weather) {
    this.weather = weather;
  }

  Weather weather() {
    return weather;
  }

  /**
   * Has {@code server} do something, and waits for its answer.
   *
   * @param server done at one instant; throws what the caller shall see thrown
   * @param unavailable what is thrown where no answer comes
   */
  <T> T call(Actor caller, Supplier<T> server, Supplier<? extends RuntimeException> unavailable) {
    return call(caller, weather.lateness(), server, unavailable);
  }

  /**
   * @param lateness how long after it has failed for the caller a call may still be done, at most
   */
  <T> T call(
      Actor caller,
      long lateness,
      Supplier<T> server,
      Supplier<? extends RuntimeException> unavailable) {
    Promise<T> promise = new Promise<>();
    boolean slow = world.chance(weather.slow());
    long there = latency(slow);
    long back = latency(slow);
    double draw = world.random().nextDouble();
    if (draw < weather.lost()) {
      world.after(there, caller, () -> promise.breakWith(unavailable.get()));
    } else if (draw < weather.lost() + weather.unknown()) {
      world.after(there, () -> attempt(server, new Promise<>()));
      world.after(there + back, caller, () -> promise.breakWith(unavailable.get()));
    } else if (draw < weather.lost() + weather.unknown() + weather.late()) {
      long late =
          Math.min(
              world.random().nextLong(Math.min(lateness, weather.lateness()) + 1),
              Math.max(0, weather.storm() - world.now()));
      world.after(there + late, () -> attempt(server, new Promise<>()));
      world.after(
          Math.min(there + late, world.between(100, PATIENCE)),
          caller,
          () -> promise.breakWith(unavailable.get()));
    } else {
      world.after(
          there,
          () -> {
            Promise<T> answer = new Promise<>();
            attempt(server, answer);
            world.after(back, caller, () -> forward(answer, promise));
          });
    }
    return world.await(promise);
  }

  /**
   * Has code of {@code server}, which may wait, do something, and waits for its answer.
   *
   * @param reachable whether the two can talk, asked on the way there and on the way back
   * @param handler throws what the caller shall see thrown
   * @param unavailable what is thrown where no answer comes
   */
  <T> T ask(
      Actor caller,
      Actor server,
      BooleanSupplier reachable,
      Supplier<T> handler,
      Supplier<? extends RuntimeException> unavailable) {
    Promise<T> promise = new Promise<>();
    boolean lost = world.chance(weather.lost());
    boolean mute = world.chance(weather.unknown());
    long there = latency(false);
    world.after(
        there,
        () -> {
          if (lost || !reachable.getAsBoolean() || !server.isUp()) {
            world.after(there, caller, () -> promise.breakWith(unavailable.get()));
            return;
          }
          world.spawn(
              server,
              () -> {
                Promise<T> answer = new Promise<>();
                attempt(handler, answer);
                if (!mute && reachable.getAsBoolean()) {
                  world.after(latency(false), caller, () -> forward(answer, promise));
                }
              });
        });
    world.after(
        world.between(1_000, 2 * PATIENCE), caller, () -> promise.breakWith(unavailable.get()));
    return world.await(promise);
  }

  private static <T> void attempt(Supplier<T> server, Promise<T> answer) {
    try {
      answer.keep(server.get());
    } catch (RuntimeException refused) {
      answer.breakWith(refused);
    }
  }

  private static <T> void forward(Promise<T> answer, Promise<T> promise) {
    T value;
    try {
      value = answer.result();
    } catch (RuntimeException failure) {
      promise.breakWith(failure);
      return;
    }
    promise.keep(value);
  }

  /** Nanoseconds for one way. */
  long latency(boolean slow) {
    return slow ? world.between(200, PATIENCE) : world.random().nextLong(100_000, 3_000_000);
  }
}
