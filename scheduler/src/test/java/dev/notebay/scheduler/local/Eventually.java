package dev.notebay.scheduler.local;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.assertj.core.api.Assertions;

/** Waits for what other processes do: looks again and again until a deadline. */
public final class Eventually {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(5);

  private Eventually() {}

  public static void await(String what, BooleanSupplier condition) {
    await(() -> what, condition);
  }

  public static void await(Supplier<String> what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        Assertions.fail("not within " + LIMIT.toSeconds() + " s: " + what.get());
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
