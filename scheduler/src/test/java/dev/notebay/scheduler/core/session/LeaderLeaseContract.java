package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link LeaderLease} must do, and the fence of its {@link SessionStore}. Nobody has led
 * before each test. No test waits for a clock: a lease of no length has run out when the store's
 * clock has moved at all.
 */
public abstract class LeaderLeaseContract {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int CALLERS = 32;

  protected abstract LeaderLease lease();

  /** The store that refuses the writes of past reigns of {@link #lease()}. */
  protected abstract SessionStore store();

  private Epoch acquire(String replica, Duration term) {
    return lease()
        .acquire(replica, term)
        .orElseThrow(() -> new AssertionError(replica + " does not get the lead"));
  }

  /** Asks until the present lease has run out by the store's clock. */
  private Epoch acquireSoon(String replica) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<Epoch> reign = lease().acquire(replica, HOUR);
      if (reign.isPresent()) {
        return reign.get();
      }
    }
    throw new AssertionError("the lease does not run out");
  }

  @Test
  void everyReignIsGreaterThanAnyBeforeHoweverThatEnded() {
    Epoch first = acquire("a", Duration.ZERO);
    Epoch second = acquireSoon("b");
    lease().release(second);
    Epoch third = acquire("c", HOUR);
    Epoch fourth = acquire("c", HOUR);

    assertThat(List.of(first, second, third, fourth)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void nobodyElseLeadsWhileALeaseHolds() {
    Epoch reign = acquire("a", HOUR);

    assertThat(lease().acquire("b", HOUR)).isEmpty();
    assertThat(lease().renew(reign, HOUR)).isTrue();
  }

  @Test
  void aReplicaTakesItsOwnLeadAgainAtOnceAndItsPastReignIsOver() {
    Epoch before = acquire("a", HOUR);
    Epoch after = acquire("a", HOUR);

    assertThat(after).isGreaterThan(before);
    assertThat(lease().renew(before, HOUR)).isFalse();
    assertThat(lease().renew(after, HOUR)).isTrue();
  }

  @Test
  void anotherLeadsAtOnceAfterARelease() {
    lease().release(acquire("a", HOUR));

    acquire("b", HOUR);
  }

  @Test
  void releasingAPastReignEndsNotThePresentOne() {
    Epoch past = acquire("a", HOUR);
    acquire("a", HOUR);

    lease().release(past);

    assertThat(lease().acquire("b", HOUR)).isEmpty();
  }

  @Test
  void aRenewalProlongs() {
    Epoch reign = acquire("a", Duration.ZERO);

    assertThat(lease().renew(reign, HOUR)).isTrue();

    assertThat(lease().acquire("b", HOUR)).isEmpty();
  }

  @Test
  void aRenewalShortens() {
    Epoch reign = acquire("a", HOUR);

    assertThat(lease().renew(reign, Duration.ZERO)).isTrue();

    assertThat(acquireSoon("b")).isGreaterThan(reign);
  }

  @Test
  void aLeaseThatHasRunOutIsRenewedIfNobodyHasTakenTheLead() {
    Epoch reign = acquire("a", HOUR);
    // Run out whatever the clock says.
    lease().release(reign);

    assertThat(lease().renew(reign, HOUR)).isTrue();

    assertThat(lease().acquire("b", HOUR)).isEmpty();
    assertThat(store().replace(placed(), reign)).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void renewingAPastReignChangesNothing() {
    Epoch past = acquire("a", HOUR);
    Epoch present = acquire("a", Duration.ZERO);

    assertThat(lease().renew(past, HOUR)).isFalse();

    assertThat(acquireSoon("b")).isGreaterThan(present);
    assertThat(lease().renew(present, HOUR)).isFalse();
    assertThat(lease().renew(new Epoch(Long.MAX_VALUE), HOUR)).isFalse();
  }

  @Test
  void ofManyReplicasThatAskAtOnceOneLeads() throws Exception {
    List<Callable<Optional<Epoch>>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      String replica = "replica-" + i;
      callers.add(() -> lease().acquire(replica, HOUR));
    }

    List<Optional<Epoch>> reigns = AtOnce.call(callers);

    assertThat(reigns.stream().flatMap(Optional::stream)).hasSize(1);
  }

  @Test
  void noTwoOfManyThatAskAtOnceHaveOneReign() throws Exception {
    List<Callable<Optional<Epoch>>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(() -> lease().acquire("a", HOUR));
    }

    List<Epoch> reigns = AtOnce.call(callers).stream().flatMap(Optional::stream).toList();

    assertThat(reigns).hasSize(CALLERS).doesNotHaveDuplicates();
    assertThat(reigns.stream().filter(reign -> lease().renew(reign, HOUR)))
        .containsExactly(reigns.stream().max(Epoch::compareTo).orElseThrow());
  }

  @Test
  void aWriteOfThePresentReignIsDoneAlsoWhenItsLeaseHasRunOut() {
    Epoch reign = acquire("a", Duration.ZERO);

    assertThat(store().replace(placed(), reign)).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void aWriteOfAnyOtherReignChangesNothing() {
    Epoch past = acquire("a", HOUR);
    Epoch present = acquire("a", HOUR);
    Session placed = placed();

    assertThat(store().replace(placed, past)).isEqualTo(Replacement.FENCED);
    assertThat(store().replace(placed, new Epoch(present.number() + 1)))
        .isEqualTo(Replacement.FENCED);

    assertThat(store().find(placed.id()).orElseThrow().version()).isEqualTo(placed.version() - 1);
    assertThat(store().uses(placed.id())).isEmpty();
    assertThat(store().replace(placed, present)).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void aFencedWriteIsCalledSoEvenWhereItWouldBeRefusedOtherwise() {
    acquire("a", HOUR);

    assertThat(
            store().replace(Sessions.in(Sessions.queued(ADA, NOON), STARTING), new Epoch(1 << 20)))
        .isEqualTo(Replacement.FENCED);
  }

  @Test
  void withoutAnyReignEveryFencedWriteIsRefused() {
    assertThat(store().replace(placed(), new Epoch(1))).isEqualTo(Replacement.FENCED);
  }

  private static final SessionState STARTING =
      new Starting(new Assignment("node-1", "nvidia-t4", List.of("gpu-0"), NOON), Optional.empty());

  /** A session that is stored as queued, as it would be with a device. */
  private Session placed() {
    Session queued = Sessions.queued(ADA, NOON);
    store().insert(queued, Sessions.key(), Integer.MAX_VALUE);
    return Sessions.in(queued, STARTING);
  }
}
