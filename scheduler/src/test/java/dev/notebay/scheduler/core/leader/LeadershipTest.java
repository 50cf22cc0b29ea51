package dev.notebay.scheduler.core.leader;

import static dev.notebay.scheduler.core.leader.Leadership.CANDIDACY;
import static dev.notebay.scheduler.core.leader.Leadership.RENEWAL;
import static dev.notebay.scheduler.core.leader.Leadership.TERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a replica believes, under clocks that the test moves. */
class LeadershipTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration TICK = Duration.ofNanos(1000);

  /** Of replica and store alike; where it begins must not matter. */
  private long nanos = Long.MAX_VALUE - 5;

  private Duration sinceNoon = Duration.ZERO;
  private final SlowLease lease = new SlowLease();
  private final Leadership here = new Leadership(lease, "here", () -> nanos);
  private final Leadership there = new Leadership(lease, "there", () -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
    sinceNoon = sinceNoon.plus(time);
  }

  @Test
  void leadsWhereNobodyDoes() {
    Epoch reign = here.keep().orElseThrow();

    assertThat(here.holds(reign)).isTrue();
    assertThat(here.reign()).contains(reign);
    assertThat(there.keep()).isEmpty();
    assertThat(there.holds(reign)).isFalse();
    assertThat(there.reign()).isEmpty();
  }

  @Test
  void asksNotAgainBeforeAThirdOfTheTermHasPassed() {
    here.keep();
    lease.asked.clear();

    pass(RENEWAL.minus(TICK));
    here.keep();
    assertThat(lease.asked).isEmpty();

    pass(TICK);
    assertThat(here.keep()).isPresent();
    assertThat(lease.asked).containsExactly("renew");
  }

  @Test
  void keepsTheLeadForAsLongAsItRenews() {
    Epoch reign = here.keep().orElseThrow();
    for (int i = 0; i < 100; i++) {
      pass(RENEWAL);
      assertThat(here.keep()).contains(reign);
      assertThat(there.keep()).isEmpty();
    }
  }

  @Test
  void countsTheTermFromBeforeItAsked() {
    lease.takes = Duration.ofSeconds(3);
    Epoch reign = here.keep().orElseThrow();

    pass(TERM.minusSeconds(3).minus(TICK));
    assertThat(here.holds(reign)).isTrue();
    pass(TICK);
    assertThat(here.holds(reign)).as("the store would still let nobody in").isFalse();
    assertThat(here.reign()).isEmpty();
    lease.takes = Duration.ZERO;
    assertThat(there.keep()).isEmpty();
  }

  @Test
  void believesInARenewalFromBeforeItAskedToo() {
    Epoch reign = here.keep().orElseThrow();
    pass(RENEWAL);
    lease.takes = Duration.ofSeconds(2);
    here.keep();

    pass(TERM.minusSeconds(2).minus(TICK));
    assertThat(here.holds(reign)).isTrue();
    pass(TICK);
    assertThat(here.holds(reign)).isFalse();
  }

  @Test
  void neverBelievesWhileAnotherLeads() {
    Epoch reign = here.keep().orElseThrow();
    for (int i = 0; i < 30 && there.keep().isEmpty(); i++) {
      pass(CANDIDACY);
    }

    assertThat(there.reign()).isPresent();
    assertThat(here.holds(reign)).isFalse();
    assertThat(here.keep()).as("another has taken over").isEmpty();
  }

  @Test
  void aStandbyLeadsWithinATermAndACandidacyOfTheLeadersSilence() {
    here.keep();
    Duration waited = Duration.ZERO;
    while (there.keep().isEmpty()) {
      pass(Duration.ofMillis(100));
      waited = waited.plusMillis(100);
    }

    assertThat(waited).isBetween(TERM, TERM.plus(CANDIDACY).plusMillis(100));
  }

  @Test
  void aStandbyAsksOnceASecond() {
    here.keep();
    there.keep();
    lease.asked.clear();

    for (int i = 0; i < 30; i++) {
      pass(Duration.ofMillis(100));
      there.keep();
    }

    assertThat(lease.asked).containsExactly("acquire there", "acquire there", "acquire there");
  }

  @Test
  void goesOnUntilTheTermEndsThoughRenewalsFailAndLeadsOnWhenOneSucceeds() {
    Epoch reign = here.keep().orElseThrow();
    lease.away = true;
    pass(TERM.minus(TICK));
    assertThatThrownBy(here::keep).isInstanceOf(StoreUnavailable.class);
    assertThat(here.holds(reign)).isTrue();
    pass(TICK);
    assertThat(here.holds(reign)).isFalse();

    lease.away = false;
    assertThat(here.keep()).as("nobody has taken over").contains(reign);
    assertThat(here.holds(reign)).isTrue();
  }

  @Test
  void whoseWriteWasRefusedLeadsNoMoreAndAsksASecondLater() {
    Epoch reign = here.keep().orElseThrow();
    lease.asked.clear();

    here.lose(reign);

    assertThat(here.holds(reign)).isFalse();
    assertThat(here.keep()).isEmpty();
    assertThat(lease.asked).isEmpty();
    pass(CANDIDACY);
    assertThat(here.keep().orElseThrow()).isGreaterThan(reign);
  }

  @Test
  void whatIsToldOfAPastReignDoesNotEndThePresentOne() {
    Epoch past = here.keep().orElseThrow();
    here.lose(past);
    pass(CANDIDACY);
    Epoch present = here.keep().orElseThrow();

    here.lose(past);

    assertThat(here.holds(present)).isTrue();
    assertThat(here.holds(past)).isFalse();
  }

  @Test
  void whoResignsIsFollowedAtOnce() {
    Epoch reign = here.keep().orElseThrow();

    here.resign();

    assertThat(here.holds(reign)).isFalse();
    assertThat(there.keep().orElseThrow()).isGreaterThan(reign);
    here.resign();
    pass(CANDIDACY);
    assertThat(here.keep()).as("resigning twice takes nothing from the next").isEmpty();
  }

  @Test
  void whoCouldNotEvenAskAsksAgainASecondLater() {
    lease.away = true;
    assertThatThrownBy(here::keep).isInstanceOf(StoreUnavailable.class);
    lease.away = false;

    assertThat(here.keep()).isEmpty();
    pass(CANDIDACY);
    assertThat(here.keep()).isPresent();
  }

  /** A lease whose answers take time, all of it after the store has done what it was asked. */
  private final class SlowLease implements LeaderLease {
    private final InMemorySessionStore store = new InMemorySessionStore(() -> NOON.plus(sinceNoon));
    private final List<String> asked = new ArrayList<>();
    private Duration takes = Duration.ZERO;
    private boolean away;

    private void ask(String what) {
      asked.add(what);
      if (away) {
        throw new StoreUnavailable("no answer", new IllegalStateException());
      }
    }

    @Override
    public Optional<Epoch> acquire(String replica, Duration term) {
      ask("acquire " + replica);
      Optional<Epoch> epoch = store.acquire(replica, term);
      pass(takes);
      return epoch;
    }

    @Override
    public boolean renew(Epoch epoch, Duration term) {
      ask("renew");
      boolean renewed = store.renew(epoch, term);
      pass(takes);
      return renewed;
    }

    @Override
    public void release(Epoch epoch) {
      ask("release");
      store.release(epoch);
    }
  }
}
