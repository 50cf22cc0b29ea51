package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopThreadTest {
  private final AtomicInteger passes = new AtomicInteger();

  @Test
  void goesOnAfterAPassThatFailsWithWhatever() throws Exception {
    var five = new CountDownLatch(5);
    try (var loop =
        new LoopThread(
            "test",
            Duration.ofMillis(1),
            () -> {
              five.countDown();
              if (passes.incrementAndGet() % 2 == 0) {
                throw new NoClassDefFoundError("replaced");
              }
              throw new IllegalStateException("broken");
            })) {
      loop.start();

      assertThat(five.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void countsTheTimeFromTheLastPassThatEndedWell() {
    try (var loop = new LoopThread("test", Duration.ofMillis(1), () -> false)) {
      loop.start();
      Duration before = loop.sinceLastGoodPass();
      boolean renewed = false;
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!renewed && System.nanoTime() < deadline) {
        Duration since = loop.sinceLastGoodPass();
        renewed = since.compareTo(before) < 0;
        before = since;
      }

      assertThat(renewed).isTrue();
    }
  }

  @Test
  void isWokenBeforeItsInterval() throws Exception {
    var two = new CountDownLatch(2);
    try (var loop =
        new LoopThread(
            "test",
            Duration.ofHours(1),
            () -> {
              two.countDown();
              return false;
            })) {
      loop.start();
      loop.wake();

      assertThat(two.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
