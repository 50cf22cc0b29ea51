package dev.notebay.reliability.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.Supplier;

/** Lets code outside a world call into it: each call lets the world's time pass until its end. */
final class Outside {
  private static final long STEP = Duration.ofMillis(10).toNanos();
  private static final int PATIENCE = 1_000;

  private final World world;
  private final Actor actor = new Actor("outside");

  Outside(World world) {
    this.world = world;
  }

  Actor actor() {
    return actor;
  }

  <T> T call(Supplier<T> call) {
    Promise<T> answer = new Promise<>();
    world.spawn(actor, () -> answer.keep(call.get()));
    for (int steps = 0; !answer.isSettled(); steps++) {
      assertThat(steps).as("no answer").isLessThan(PATIENCE);
      world.runUntil(world.now() + STEP);
    }
    return answer.result();
  }

  void run(Runnable call) {
    call(
        () -> {
          call.run();
          return true;
        });
  }
}
