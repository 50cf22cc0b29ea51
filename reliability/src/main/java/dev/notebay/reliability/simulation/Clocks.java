package dev.notebay.reliability.simulation;

import java.time.Instant;

/**
 * One machine's clocks: the time of day, which is wrong and may jump, and the monotonic one, which
 * runs a little too fast or too slow from an arbitrary beginning.
 */
final class Clocks {
  private static final double DRIFT = 0.001;

  private final World world;
  private final double rate;
  private final long beginning;
  private long skew;

  private Clocks(World world, double rate, long beginning, long skew) {
    this.world = world;
    this.rate = rate;
    this.beginning = beginning;
    this.skew = skew;
  }

  static Clocks of(World world, Weather weather) {
    var clocks =
        new Clocks(
            world,
            1 + (world.random().nextDouble() * 2 - 1) * DRIFT,
            world.random().nextLong(1_000_000_000_000L),
            0);
    clocks.jump(weather);
    return clocks;
  }

  /** Somebody sets the clock, wrongly. */
  void jump(Weather weather) {
    skew =
        weather.clockSkew() == 0
            ? 0
            : world.random().nextLong(-weather.clockSkew(), weather.clockSkew() + 1);
  }

  Instant wallTime() {
    return world.time().plusNanos(skew);
  }

  long nanoTime() {
    return beginning + (long) (world.now() * rate);
  }
}
