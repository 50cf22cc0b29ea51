package dev.notebay.agent.core.activity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class IdleContractTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final KernelId ID = new KernelId(new UUID(0, 1));
  private static final Policy POLICY =
      new Policy(1, Optional.of(s(100)), s(20), Optional.of(s(10_000)), Optional.empty());

  private static Duration s(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  private static KernelView kernel(ExecutionState state, boolean input, long output) {
    return new KernelView(
        ID,
        "python3",
        state,
        T,
        input,
        T.plusSeconds(output),
        state == ExecutionState.DEAD ? Optional.of("exit 1") : Optional.empty());
  }

  private static Look seen(long at, KernelView... kernels) {
    return new Look.Seen(s(at), List.of(kernels));
  }

  /** The verdict of the last of several looks at a session that began at 0. */
  private static Verdict after(Policy policy, Look... looks) {
    History history = History.beginning(s(0));
    Verdict verdict = new Verdict.Unknown("no look", Optional.empty());
    for (Look look : looks) {
      IdleContract.Step step = IdleContract.step(history, look, Optional.empty(), policy);
      history = step.history();
      verdict = step.verdict();
    }
    return verdict;
  }

  private static final KernelView QUIET = kernel(ExecutionState.IDLE, false, 0);

  @Test
  void isActiveWhileAKernelIsUsedHoweverLong() {
    for (KernelView used :
        List.of(
            kernel(ExecutionState.BUSY, false, 0),
            kernel(ExecutionState.BUSY, true, 0),
            kernel(ExecutionState.IDLE, true, 0),
            kernel(ExecutionState.STARTING, false, 0),
            kernel(ExecutionState.RESTARTING, false, 0),
            kernel(ExecutionState.AUTORESTARTING, false, 0))) {
      assertThat(after(POLICY, seen(1, QUIET), seen(2, used), seen(9_000, used)))
          .as("%s", used)
          .isInstanceOf(Verdict.Active.class);
    }
  }

  @Test
  void isActiveWhenAKernelHasJustSaidSomething() {
    assertThat(
            after(
                POLICY,
                seen(1, kernel(ExecutionState.IDLE, false, 0)),
                seen(99, kernel(ExecutionState.IDLE, false, 98))))
        .isInstanceOf(Verdict.Active.class);
  }

  @Test
  void isIdleThenWarnsThenCuts() {
    Look first = seen(10, QUIET);
    assertThat(after(POLICY, first, seen(50, QUIET)))
        .isEqualTo(new Verdict.Idle(s(10), Optional.of(new Ending(s(110), Cause.IDLE_TIMEOUT))));
    assertThat(after(POLICY, first, seen(90, QUIET)))
        .isEqualTo(new Verdict.Warn(false, s(10), new Ending(s(110), Cause.IDLE_TIMEOUT)));
    assertThat(after(POLICY, first, seen(90, QUIET), seen(109, QUIET)))
        .isInstanceOf(Verdict.Warn.class);
    assertThat(after(POLICY, first, seen(90, QUIET), seen(110, QUIET)))
        .isEqualTo(new Verdict.Cut(s(10), Cause.IDLE_TIMEOUT));
  }

  @Test
  void countsASessionWithoutAKernelFromItsBeginning() {
    assertThat(after(POLICY, seen(79))).isInstanceOf(Verdict.Idle.class);
    assertThat(after(POLICY, seen(80), seen(100)))
        .isEqualTo(new Verdict.Cut(s(0), Cause.IDLE_TIMEOUT));
  }

  @Test
  void doesNotCountADeadKernelAsUse() {
    Look dead = seen(1, kernel(ExecutionState.DEAD, true, 0));
    KernelView same = kernel(ExecutionState.DEAD, true, 0);
    assertThat(after(POLICY, dead, seen(90, same), seen(110, same)))
        .isEqualTo(new Verdict.Cut(s(1), Cause.IDLE_TIMEOUT));
  }

  @Test
  void warnsForTheWholeWarningTimeAlsoWhenItLooksLate() {
    assertThat(after(POLICY, seen(1, QUIET), seen(500, QUIET)))
        .isEqualTo(new Verdict.Warn(false, s(1), new Ending(s(520), Cause.IDLE_TIMEOUT)));
    assertThat(after(POLICY, seen(1, QUIET), seen(500, QUIET), seen(519, QUIET)))
        .isInstanceOf(Verdict.Warn.class);
    assertThat(after(POLICY, seen(1, QUIET), seen(500, QUIET), seen(520, QUIET)))
        .isInstanceOf(Verdict.Cut.class);
  }

  @Test
  void neverTakesAFailedLookForIdle() {
    Look failed = new Look.Failed(s(9_000), "away");
    assertThat(after(POLICY, seen(1, QUIET), seen(90, QUIET), failed))
        .isInstanceOf(Verdict.Unknown.class);
    assertThat(after(POLICY, seen(1, QUIET), failed, seen(9_001, QUIET)))
        .as("it may have been active until the look that failed")
        .isEqualTo(
            new Verdict.Idle(s(9_000), Optional.of(new Ending(s(9_100), Cause.IDLE_TIMEOUT))));
  }

  @Test
  void cutsAtTheEndOfTheLifetimeWhateverHappens() {
    KernelView busy = kernel(ExecutionState.BUSY, false, 0);
    assertThat(after(POLICY, seen(9_979, busy))).isInstanceOf(Verdict.Active.class);
    assertThat(after(POLICY, seen(9_980, busy)))
        .isEqualTo(new Verdict.Warn(true, s(9_980), new Ending(s(10_000), Cause.MAX_LIFETIME)));
    assertThat(after(POLICY, seen(10_000, busy)))
        .isEqualTo(new Verdict.Cut(s(10_000), Cause.MAX_LIFETIME));
    assertThat(after(POLICY, new Look.Failed(s(10_001), "away"))).isInstanceOf(Verdict.Cut.class);
  }

  @Test
  void postponesTheCutWhenExtendedAfterTheWarning() {
    History history = History.beginning(s(0));
    history = IdleContract.step(history, seen(85), Optional.empty(), POLICY).history();
    Policy extended =
        new Policy(2, Optional.of(s(100)), s(20), Optional.of(s(10_000)), Optional.of(s(300)));
    IdleContract.Step step = IdleContract.step(history, seen(101), Optional.empty(), extended);
    assertThat(step.verdict()).isInstanceOf(Verdict.Active.class);
    step = IdleContract.step(step.history(), seen(299), Optional.empty(), extended);
    step = IdleContract.step(step.history(), seen(301), Optional.empty(), extended);
    assertThat(step.verdict())
        .isEqualTo(new Verdict.Idle(s(299), Optional.of(new Ending(s(399), Cause.IDLE_TIMEOUT))));
  }

  @Test
  void countsAClientsRequest() {
    History history = History.beginning(s(0));
    IdleContract.Step step = IdleContract.step(history, seen(99), Optional.of(s(98)), POLICY);
    assertThat(step.verdict()).isInstanceOf(Verdict.Active.class);
    assertThat(step.history().lastActive()).isEqualTo(s(98));
    step = IdleContract.step(step.history(), seen(100), Optional.of(s(98)), POLICY);
    assertThat(step.verdict()).isInstanceOf(Verdict.Idle.class);
  }

  @Test
  void keepsATwoSecondPolicyWithALongWarning() {
    var policy = new Policy(1, Optional.of(s(2)), s(60), Optional.empty(), Optional.empty());
    assertThat(after(policy, seen(0), seen(1))).isInstanceOf(Verdict.Warn.class);
    assertThat(after(policy, seen(0), seen(2))).isInstanceOf(Verdict.Cut.class);
  }

  /**
   * Random lives. Always: an idle cut has a quiet, successful look, an idle timeout without use
   * behind it, and a warning at least as old as it must be; what is unused is cut in the end.
   */
  @Test
  void keepsItsPromisesInRandomLives() {
    long seed = new SplittableRandom(20260101).nextLong();
    for (int life = 0; life < 3_000; life++) {
      var random = new SplittableRandom(seed + life);
      live(random, "seed " + (seed + life));
    }
  }

  private static void live(SplittableRandom random, String name) {
    Duration timeout = s(1 + random.nextInt(200));
    Duration warning = s(random.nextInt(100));
    Duration least = warning.compareTo(timeout) < 0 ? warning : timeout;
    var policy = new Policy(1, Optional.of(timeout), warning, Optional.empty(), Optional.empty());
    History history = History.beginning(s(0));
    Duration now = s(0);
    Duration lastUse = s(0);
    long output = 0;
    Optional<Duration> warnedAt = Optional.empty();
    List<String> told = new ArrayList<>();
    boolean quietFromNow = false;
    for (int turn = 0; turn < 200; turn++) {
      now = now.plusMillis(1 + random.nextInt(30_000));
      quietFromNow |= turn == 120;
      int what = quietFromNow ? 0 : random.nextInt(12);
      Look look =
          switch (what) {
            case 1 -> new Look.Failed(now, "away");
            case 2 -> new Look.Seen(now, List.of(kernel(ExecutionState.BUSY, false, output)));
            case 3 -> new Look.Seen(now, List.of(kernel(ExecutionState.IDLE, true, output)));
            case 4 -> new Look.Seen(now, List.of(kernel(ExecutionState.IDLE, false, ++output)));
            default -> new Look.Seen(now, List.of(kernel(ExecutionState.IDLE, false, output)));
          };
      boolean used = turn == 0 || (what >= 1 && what <= 4);
      IdleContract.Step step = IdleContract.step(history, look, Optional.empty(), policy);
      history = step.history();
      told.add(now + " " + look + " -> " + step.verdict());
      if (used) {
        lastUse = now;
        warnedAt = Optional.empty();
        assertThat(step.verdict())
            .as("%s%n%s", name, told)
            .isInstanceOfAny(Verdict.Active.class, Verdict.Unknown.class);
        continue;
      }
      if (warnedAt.isEmpty()
          && (step.verdict() instanceof Verdict.Warn || step.verdict() instanceof Verdict.Cut)) {
        warnedAt = Optional.of(now);
      }
      if (step.verdict() instanceof Verdict.Cut) {
        assertThat(now.minus(lastUse)).as("%s%n%s", name, told).isGreaterThanOrEqualTo(timeout);
        assertThat(now.minus(warnedAt.orElseThrow()))
            .as("%s%n%s", name, told)
            .isGreaterThanOrEqualTo(least);
        return;
      }
    }
    assertThat(quietFromNow && now.minus(lastUse).compareTo(timeout.plus(s(200))) > 0)
        .as("an unused session is cut in the end; %s%n%s", name, told)
        .isFalse();
  }
}
