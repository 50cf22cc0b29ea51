package dev.notebay.agent.core.activity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.FakeKernels;
import dev.notebay.agent.ManualClock;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SessionWatchTest {
  private final FakeKernels kernels = new FakeKernels();
  private final ManualClock clock = new ManualClock();
  private final List<String> said = new ArrayList<>();
  private final List<Report> reports = new ArrayList<>();
  private boolean connected = true;
  private int withdrawn;
  private final SessionWatch watch =
      new SessionWatch(
          kernels,
          clock,
          new Scheduler() {
            @Override
            public boolean isConnected() {
              return connected;
            }

            @Override
            public void report(Report report) {
              reports.add(report);
            }

            @Override
            public void requestEnd(Cause cause, String message, long generation) {
              said.add("request " + cause + " on " + generation);
            }

            @Override
            public void withdrawEnd() {
              withdrawn++;
            }
          },
          new Clients() {
            @Override
            public int connected() {
              return 1;
            }

            @Override
            public void announce(Notice notice) {
              said.add("notice " + notice.kind());
            }
          },
          (reason, message, grace) -> said.add("end " + reason));
  private final Terms terms =
      new Terms(
          1,
          Optional.of(Duration.ofSeconds(60)),
          Duration.ofSeconds(10),
          Optional.of(Duration.ofSeconds(7200)),
          Optional.empty());

  private void lookFor(Duration time) {
    for (long passed = 0; passed < time.toSeconds(); passed++) {
      clock.pass(Duration.ofSeconds(1));
      watch.runOnce();
    }
  }

  @Test
  void doesNothingBeforeThereIsAPolicy() {
    lookFor(Duration.ofHours(1));
    assertThat(said).isEmpty();
    assertThat(reports).isEmpty();
  }

  @Test
  void warnsThenAsksAndLeavesTheEndToTheScheduler() {
    watch.follow(terms.heardAt(clock.elapsed()));
    lookFor(Duration.ofSeconds(65));
    assertThat(said).startsWith("notice end_is_near", "request IDLE_TIMEOUT on 1");
    assertThat(said).noneMatch(word -> word.startsWith("end "));
    connected = false;
    lookFor(Duration.ofSeconds(60));
    assertThat(said).as("alone, it goes on").noneMatch(word -> word.startsWith("end "));
  }

  @Test
  void takesTheWarningBackWhenSomethingRuns() {
    watch.follow(terms.heardAt(clock.elapsed()));
    lookFor(Duration.ofSeconds(55));
    assertThat(said).containsExactly("notice end_is_near");
    KernelId id = new KernelId(new UUID(0, 1));
    kernels.start(Optional.of(id), "python3", "");
    kernels.become(id, ExecutionState.BUSY);
    lookFor(Duration.ofSeconds(600));
    assertThat(said).containsExactly("notice end_is_near", "notice end_postponed");
  }

  @Test
  void endsByItselfAtTheEndOfTheLifetimeWhenNobodyListens() {
    watch.follow(terms.heardAt(clock.elapsed()));
    connected = false;
    KernelId id = new KernelId(new UUID(0, 1));
    kernels.start(Optional.of(id), "python3", "");
    kernels.become(id, ExecutionState.BUSY);
    lookFor(Duration.ofSeconds(7199));
    assertThat(said).containsExactly("notice end_is_near");
    lookFor(Duration.ofSeconds(1));
    assertThat(said).contains("end MAX_LIFETIME");
  }

  @Test
  void warnsOfANoticeAndEndsForIt() {
    watch.follow(terms.heardAt(clock.elapsed()));
    KernelId id = new KernelId(new UUID(0, 1));
    kernels.start(Optional.of(id), "python3", "");
    kernels.become(id, ExecutionState.BUSY);
    lookFor(Duration.ofSeconds(100));
    assertThat(said).isEmpty();

    watch.follow(
        new Terms(
                2,
                terms.idleTimeout(),
                terms.warning(),
                Optional.of(Duration.ofSeconds(60)),
                Cause.PREEMPTED,
                Optional.empty())
            .heardAt(clock.elapsed()));
    lookFor(Duration.ofSeconds(55));
    assertThat(said).containsExactly("notice end_is_near");
    assertThat(reports.getLast().activity().orElseThrow().explanation())
        .startsWith("This session's devices are needed by others: it ends in ");
    lookFor(Duration.ofSeconds(10));
    assertThat(said).contains("request PREEMPTED on 2");
  }

  @Test
  void waitsAWhileForTheSchedulersAnswerAtTheEndOfTheLifetime() {
    watch.follow(terms.heardAt(clock.elapsed()));
    KernelId id = new KernelId(new UUID(0, 1));
    kernels.start(Optional.of(id), "python3", "");
    kernels.become(id, ExecutionState.BUSY);
    lookFor(Duration.ofSeconds(7205));
    assertThat(said).contains("request MAX_LIFETIME on 1").doesNotContain("end MAX_LIFETIME");
    lookFor(Duration.ofSeconds(10));
    assertThat(said).contains("end MAX_LIFETIME");
  }

  @Test
  void cutsNothingWhenTheWallClockJumps() {
    for (Duration jump :
        List.of(
            Duration.ofHours(1), Duration.ofHours(-1), Duration.ofHours(-1), Duration.ofDays(1))) {
      watch.follow(terms.heardAt(clock.elapsed()));
      watch.requested();
      watch.runOnce();
      clock.jump(jump);
      watch.follow(terms.heardAt(clock.elapsed()));
      lookFor(Duration.ofSeconds(40));
      assertThat(said).as("after a jump of %s", jump).isEmpty();
    }
    lookFor(Duration.ofSeconds(30));
    assertThat(said).as("time that really passes counts").isNotEmpty();
  }

  @Test
  void reportsNoActivityWhenTheLookFails() {
    watch.follow(terms.heardAt(clock.elapsed()));
    kernels.unreachable(true);
    lookFor(Duration.ofSeconds(600));
    assertThat(said).isEmpty();
    assertThat(reports).allMatch(report -> report.activity().isEmpty());
  }

  @Test
  void asksForTheEndThatCodeInTheSessionAskedFor() {
    watch.follow(terms.heardAt(clock.elapsed()));
    watch.unassign();
    watch.runOnce();
    assertThat(said).containsExactly("request USER_REQUEST on 1");
  }

  @Test
  void ignoresAnOlderPolicy() {
    watch.follow(
        new Terms(5, Optional.empty(), Duration.ZERO, Optional.empty(), Optional.empty())
            .heardAt(clock.elapsed()));
    watch.follow(terms.heardAt(clock.elapsed()));
    lookFor(Duration.ofSeconds(600));
    assertThat(said).isEmpty();
  }

  @Test
  void takesTheWishToEndBackWhenSomethingRuns() {
    watch.follow(terms.heardAt(clock.elapsed()));
    lookFor(Duration.ofSeconds(65));
    int before = withdrawn;
    watch.runOnce();
    assertThat(withdrawn).as("still to be cut").isEqualTo(before);
    KernelId id = new KernelId(new UUID(0, 1));
    kernels.start(Optional.of(id), "python3", "");
    kernels.become(id, ExecutionState.BUSY);
    watch.runOnce();
    assertThat(withdrawn).isEqualTo(before + 1);
  }

  @Test
  void endsTheLifetimeThoughALookNeverReturns() throws Exception {
    watch.follow(terms.heardAt(clock.elapsed()));
    connected = false;
    clock.pass(Duration.ofSeconds(7199));
    var blocked = new CountDownLatch(1);
    Thread looking;
    synchronized (kernels) {
      // The fake's methods take its lock: the look waits for it.
      looking =
          Thread.ofPlatform()
              .start(
                  () -> {
                    blocked.countDown();
                    watch.runOnce();
                  });
      blocked.await();
      while (looking.getState() != Thread.State.BLOCKED) {
        Thread.onSpinWait();
      }
      clock.pass(Duration.ofSeconds(1));
      watch.keepLifetime();
      assertThat(said).contains("end MAX_LIFETIME");
    }
    looking.join();
  }
}
