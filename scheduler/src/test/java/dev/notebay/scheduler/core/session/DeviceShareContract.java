package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link SessionStore} must do with shares. The store is empty before each test. */
public abstract class DeviceShareContract {
  private static final int CALLERS = 40;
  private static final long GIBIBYTE = 1L << 30;

  protected abstract SessionStore store();

  protected abstract LeaderLease lease();

  /** A queued session that wants so much of a device. */
  private Session wanting(int milli, long memoryBytes) {
    SessionSpec spec = Sessions.spec();
    Session session =
        Session.queued(
            new SessionId(UUID.randomUUID()),
            ADA,
            new SessionSpec(
                "",
                new Accelerator(List.of("nvidia-t4"), 1, milli, memoryBytes),
                spec.compute(),
                spec.volume(),
                spec.policy()),
            NOON);
    store().insert(session, Sessions.key(), Integer.MAX_VALUE);
    return session;
  }

  private static Assignment on(Session session, String device) {
    long memory = session.spec().accelerator().memoryBytes();
    return new Assignment(
        "node-1",
        "nvidia-t4",
        List.of(device),
        memory == 0 ? Optional.empty() : Optional.of(new MemoryShare(memory, 16 * GIBIBYTE)),
        NOON);
  }

  private static Session placed(Session session, String device) {
    return Sessions.in(session, new Starting(on(session, device), Optional.empty()));
  }

  private static Session ended(Session session) {
    return Sessions.in(session, new Ended(EndReason.USER_REQUEST, "", NOON, false));
  }

  private Session place(int milli) {
    Session placed = placed(wanting(milli, 0), "gpu-0");
    assertThat(store().replace(placed)).isEqualTo(Replacement.REPLACED);
    return placed;
  }

  private Replacement tried(int milli) {
    return store().replace(placed(wanting(milli, 0), "gpu-0"));
  }

  @Test
  void sharesOfOneDeviceAreBookedUntilItIsFull() {
    place(500);
    Session second = place(499);
    place(1);
    assertThat(tried(1)).isEqualTo(Replacement.DEVICE_TAKEN);
    assertThat(store().replace(placed(wanting(1, 0), "gpu-1"))).isEqualTo(Replacement.REPLACED);

    assertThat(store().replace(ended(second))).isEqualTo(Replacement.REPLACED);

    assertThat(tried(500)).isEqualTo(Replacement.DEVICE_TAKEN);
    place(499);
  }

  @Test
  void aWholeUseAndSharesKeepEachOtherOut() {
    Session share = place(10);
    assertThat(tried(1000)).isEqualTo(Replacement.DEVICE_TAKEN);
    store().replace(ended(share));

    Session whole = place(1000);
    assertThat(tried(10)).isEqualTo(Replacement.DEVICE_TAKEN);
    store().replace(ended(whole));

    place(10);
  }

  @Test
  void sharesHaveTogetherNoMoreMemoryThanTheDevice() {
    Session first = placed(wanting(100, 10 * GIBIBYTE), "gpu-0");
    Session second = placed(wanting(100, 6 * GIBIBYTE + 1), "gpu-0");
    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);
    assertThat(store().find(first.id())).contains(first);
    assertThat(store().replace(second)).isEqualTo(Replacement.DEVICE_TAKEN);
    assertThat(store().replace(placed(wanting(100, 6 * GIBIBYTE), "gpu-0")))
        .isEqualTo(Replacement.REPLACED);

    store().replace(ended(first));

    assertThat(store().replace(second)).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void aShareStaysBookedUntilItsSessionHoldsItNoMore() {
    Session session = place(600);
    for (SessionState state :
        List.of(
            new Running(on(session, "gpu-0"), "uid", URI.create("http://a"), NOON),
            new Stopping(on(session, "gpu-0"), EndReason.USER_REQUEST, "", NOON))) {
      session = Sessions.in(session, state);
      assertThat(store().replace(session)).isEqualTo(Replacement.REPLACED);
      assertThat(tried(401)).isEqualTo(Replacement.DEVICE_TAKEN);
    }
    store().replace(Sessions.in(session, new Queued(NOON, Optional.empty())));

    place(401);
  }

  @Test
  void theLedgerHasEveryShareWithItsThousandths() {
    Session first = place(250);
    Session second = place(750);
    store().replace(ended(first));

    assertThat(store().uses(first.id()))
        .singleElement()
        .satisfies(use -> assertThat(use.milli()).isEqualTo(250))
        .satisfies(use -> assertThat(use.until()).isPresent());
    assertThat(store().uses(second.id()))
        .singleElement()
        .satisfies(use -> assertThat(use.milli()).isEqualTo(750))
        .satisfies(use -> assertThat(use.until()).isEmpty());
  }

  @Test
  void ofThoseWrittenTogetherTheFirstHaveTheirShares() {
    Epoch epoch = lease().acquire("replica", Duration.ofHours(1)).orElseThrow();
    Session holder = place(400);
    List<Session> next = new ArrayList<>();
    for (int milli : List.of(300, 400, 300, 300)) {
      next.add(placed(wanting(milli, 0), "gpu-0"));
    }
    next.add(ended(holder));

    assertThat(store().replaceAll(next, epoch))
        .containsExactly(
            Replacement.REPLACED,
            Replacement.REPLACED,
            Replacement.REPLACED,
            Replacement.DEVICE_TAKEN,
            Replacement.REPLACED);
  }

  @Test
  void ofManyAtOnceAsManyHaveASharesAsTheDeviceHas() throws Exception {
    List<Callable<Replacement>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session next = placed(wanting(i % 4 == 0 ? 1000 : 300, 0), "gpu-0");
      callers.add(() -> store().replace(next));
    }

    List<Replacement> results = AtOnce.call(callers);

    assertThat(results).containsOnly(Replacement.REPLACED, Replacement.DEVICE_TAKEN);
    assertThat(Collections.frequency(results, Replacement.REPLACED)).isIn(1, 3);
    assertThat(milliInUse()).isIn(900L, 1000L);
  }

  private long milliInUse() {
    return store().unfinished().stream()
        .flatMap(session -> store().uses(session.id()).stream())
        .filter(use -> use.until().isEmpty())
        .mapToLong(DeviceUse::milli)
        .sum();
  }

  /** Against a sum that is counted beside the store, of two devices. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverComesAndGoesIsGivenExactlyWhereItFits(long seed) {
    var random = new SplittableRandom(seed);
    int[] used = new int[2];
    List<List<Session>> held = List.of(new ArrayList<>(), new ArrayList<>());
    for (int round = 0; round < 60; round++) {
      int device = random.nextInt(2);
      if (random.nextInt(3) == 0 && !held.get(device).isEmpty()) {
        Session gone = held.get(device).remove(random.nextInt(held.get(device).size()));
        used[device] -= gone.spec().accelerator().milli();
        assertThat(store().replace(ended(gone))).isEqualTo(Replacement.REPLACED);
      } else {
        int milli = random.nextInt(6) == 0 ? 1000 : random.nextInt(1, 500);
        Session next = placed(wanting(milli, 0), "gpu-" + device);
        boolean fits = used[device] + milli <= Accelerator.WHOLE;
        assertThat(store().replace(next))
            .as("seed %d, round %d: %d beside %d", seed, round, milli, used[device])
            .isEqualTo(fits ? Replacement.REPLACED : Replacement.DEVICE_TAKEN);
        if (fits) {
          used[device] += milli;
          held.get(device).add(next);
        }
      }
    }
    assertThat(milliInUse()).isEqualTo(used[0] + used[1]);
  }
}
