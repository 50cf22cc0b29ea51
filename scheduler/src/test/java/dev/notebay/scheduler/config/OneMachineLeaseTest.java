package dev.notebay.scheduler.config;

import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OneMachineLeaseTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final InMemorySessionStore store = new InMemorySessionStore(() -> NOON);
  private final LeaderLease here = leaseOn(store, "here");
  private final LeaderLease there = leaseOn(store, "there");

  private LeaderLease leaseOn(LeaderLease lease, String machine) {
    return new OneMachineLease(lease, store, () -> List.of(node(machine, 1, "nvidia-t4")));
  }

  private Session sessionOn(String machine) {
    Session queued = Sessions.queued(ADA, NOON);
    store.insert(queued, Sessions.key(), 1000);
    return write(
        queued, new Starting(new Assignment(machine, "none", List.of(), NOON), Optional.empty()));
  }

  private Session write(Session session, SessionState state) {
    Session next = Sessions.in(session, state);
    store.replace(next);
    return next;
  }

  @Test
  void leadsWhileSessionsHoldItsOwnMachineOrNone() {
    store.insert(Sessions.queued(ADA, NOON), Sessions.key(), 1000);
    sessionOn("here");

    Epoch reign = here.acquire("a", HOUR).orElseThrow();

    assertThat(here.renew(reign, HOUR)).isTrue();
    here.release(reign);
    assertThat(here.renew(reign, HOUR)).isTrue();
  }

  @Test
  void doesNotLeadWhileSessionsHoldAnotherMachineAndKeepsNobodyElseFromIt() {
    Session session = sessionOn("there");

    assertThat(here.acquire("a", HOUR)).isEmpty();
    Epoch reign = there.acquire("b", HOUR).orElseThrow();
    assertThat(reign).as("here, nobody has even asked").isEqualTo(new Epoch(1));
    there.release(reign);
    write(session, new Ended(EndReason.USER_REQUEST, "", NOON, true));

    assertThat(here.acquire("a", HOUR).orElseThrow()).isGreaterThan(reign);
  }

  @Test
  void givesTheLeadBackWhereSomethingWasPlacedWhileItAsked() {
    LeaderLease placedMeanwhile =
        new LeaderLease() {
          @Override
          public Optional<Epoch> acquire(String replica, Duration term) {
            sessionOn("there");
            return store.acquire(replica, term);
          }

          @Override
          public boolean renew(Epoch epoch, Duration term) {
            return store.renew(epoch, term);
          }

          @Override
          public void release(Epoch epoch) {
            store.release(epoch);
          }
        };

    assertThat(leaseOn(placedMeanwhile, "here").acquire("a", HOUR)).isEmpty();
    assertThat(there.acquire("b", HOUR)).isPresent();
  }
}
