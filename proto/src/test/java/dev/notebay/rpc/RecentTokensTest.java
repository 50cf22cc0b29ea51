package dev.notebay.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentTokensTest {
  private static final Caller ADA = new Caller("ada", Set.of());

  private final Set<String> valid = new HashSet<>(Set.of("good"));
  private long now;
  private int asked;
  private final RecentTokens tokens =
      new RecentTokens(
          token -> {
            asked++;
            return valid.contains(token) ? Optional.of(ADA) : Optional.empty();
          },
          () -> now);

  @Test
  void anAcceptedTokenIsVerifiedOnceWithinAWhile() {
    for (int call = 0; call < 10; call++) {
      assertThat(tokens.authenticate("good")).contains(ADA);
    }
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void aTokenThatIsAcceptedNoMoreIsRefusedAfterAWhile() {
    tokens.authenticate("good");
    valid.clear();
    now = RecentTokens.MEMORY.toNanos();

    assertThat(tokens.authenticate("good")).isEmpty();
    assertThat(tokens.authenticate("good")).isEmpty();
  }

  @Test
  void aTokenThatWasRefusedIsAskedAboutAgain() {
    assertThat(tokens.authenticate("new")).isEmpty();
    valid.add("new");

    assertThat(tokens.authenticate("new")).contains(ADA);
  }

  @Test
  void soManyTokensAtMostAreRemembered() {
    for (int i = 0; i < RecentTokens.MOST + 5; i++) {
      valid.add("token-" + i);
      tokens.authenticate("token-" + i);
    }
    int before = asked;
    tokens.authenticate("token-0");
    assertThat(asked).isEqualTo(before);
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    assertThat(asked).isEqualTo(before + 1);

    now = RecentTokens.MEMORY.toNanos();
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    assertThat(asked).isEqualTo(before + 2);
  }

  @Test
  void ofManyCallsWithOneTokenAtOnceOneVerifiesIt() throws InterruptedException {
    var verifications = new AtomicInteger();
    var goOn = new CountDownLatch(1);
    var slow =
        new RecentTokens(
            _ -> {
              verifications.incrementAndGet();
              await(goOn);
              return Optional.of(ADA);
            },
            () -> now);
    List<Optional<Caller>> answers = new CopyOnWriteArrayList<>();
    List<Thread> callers =
        IntStream.range(0, 8)
            .mapToObj(_ -> Thread.startVirtualThread(() -> answers.add(slow.authenticate("good"))))
            .toList();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!callers.stream().allMatch(RecentTokensTest::waits) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    goOn.countDown();
    for (Thread caller : callers) {
      caller.join();
    }

    assertThat(answers).hasSize(8).containsOnly(Optional.of(ADA));
    assertThat(verifications).hasValue(1);
  }

  private static boolean waits(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }
}
