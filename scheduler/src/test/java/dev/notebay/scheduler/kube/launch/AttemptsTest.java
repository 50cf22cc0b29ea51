package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private volatile Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private final Attempts attempts = new Attempts(() -> now, 32);
  private final AtomicInteger tries = new AtomicInteger();

  @AfterEach
  void stop() {
    attempts.close();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }

  /** Asks for work that the cluster refuses, and lets it end. */
  private void fail(String key) {
    attempts.begin(
        key,
        Duration.ZERO,
        () -> {
          tries.incrementAndGet();
          throw new KubernetesClientException("too many requests", 429, null);
        });
    await(() -> !attempts.isUnderWay(key));
  }

  @Test
  void whatTheClusterRefusesIsTriedAgainAfterPausesThatGrow() {
    Duration waited = Duration.ZERO;
    for (int i = 1; i <= 10; i++) {
      fail("a");
      assertThat(tries).hasValue(i);
      Instant from = now;
      for (int j = 0; tries.get() == i; j++) {
        assertThat(j).as("it is tried again at all").isLessThan(1000);
        now = now.plusMillis(100);
        fail("a");
      }
      tries.set(i);
      Duration pause = Duration.between(from, now);
      assertThat(pause).isBetween(Duration.ofMillis(200), Duration.ofSeconds(31));
      waited = waited.plus(pause);
      now = now.plusSeconds(60);
    }
    assertThat(waited).isGreaterThan(Duration.ofSeconds(60));
  }

  @Test
  void oneThatFailsKeepsNoOtherWaiting() {
    fail("a");
    AtomicInteger done = new AtomicInteger();

    attempts.begin("b", Duration.ZERO, done::incrementAndGet);

    await(() -> done.get() == 1);
  }

  @Test
  void whatIsUnderWayIsDoneOnceMoreHoweverOftenItIsAskedFor() {
    var begun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    for (int i = 0; i < 5; i++) {
      attempts.begin(
          "a",
          Duration.ZERO,
          () -> {
            tries.incrementAndGet();
            begun.countDown();
            awaitLatch(goOn);
          });
      awaitLatch(begun);
    }
    goOn.countDown();

    await(() -> !attempts.isUnderWay("a"));
    assertThat(tries).hasValue(2);
  }

  @Test
  void whatWasDoneRests() {
    attempts.begin("a", Duration.ofSeconds(30), tries::incrementAndGet);
    await(() -> !attempts.isUnderWay("a"));
    assertThat(attempts.rests("a")).isTrue();

    attempts.begin("a", Duration.ofSeconds(30), tries::incrementAndGet);
    assertThat(tries).hasValue(1);
    now = now.plusSeconds(31);
    attempts.begin("a", Duration.ofSeconds(30), tries::incrementAndGet);
    await(() -> tries.get() == 2);
  }

  @Test
  void onlySomeAreUnderWayAtATime() {
    var goOn = new CountDownLatch(1);
    for (int i = 0; i < 100; i++) {
      attempts.begin(
          "work " + i,
          Duration.ZERO,
          () -> {
            tries.incrementAndGet();
            awaitLatch(goOn);
          });
    }
    await(() -> tries.get() == 32);
    goOn.countDown();
    await(() -> tries.get() == 100);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }
}
