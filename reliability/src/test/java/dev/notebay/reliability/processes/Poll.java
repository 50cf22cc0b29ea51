package dev.notebay.reliability.processes;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Looks again and again until something is so. */
final class Poll {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private Poll() {}

  /** Lets time pass; what happens meanwhile is not waited for. */
  static void pause(Duration length) {
    long end = System.nanoTime() + length.toNanos();
    for (long left = length.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  static void until(String what, Duration limit, Callable<Boolean> condition) throws Exception {
    until(() -> what, limit, condition);
  }

  /**
   * @param what told when it is not so in time
   */
  static void until(Supplier<String> what, Duration limit, Callable<Boolean> condition)
      throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + limit + ": " + what.get());
      }
      pause(PAUSE);
    }
  }
}
