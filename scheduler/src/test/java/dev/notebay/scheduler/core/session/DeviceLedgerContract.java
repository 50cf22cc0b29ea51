package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link SessionStore} must note of devices. The store given is empty before each test,
 * and runs by a clock that the test only reads.
 */
public abstract class DeviceLedgerContract {
  protected abstract SessionStore store();

  private Session insertOne() {
    Session session = Sessions.queued(ADA, NOON);
    store().insert(session, Sessions.key(), Integer.MAX_VALUE);
    return session;
  }

  private Session written(Session session, SessionState state) {
    Session next = Sessions.in(session, state);
    assertThat(store().replace(next)).isEqualTo(Replacement.REPLACED);
    return next;
  }

  private static Assignment on(String... devices) {
    return new Assignment("node-1", "nvidia-t4", List.of(devices), NOON);
  }

  private static Starting starting(String... devices) {
    return new Starting(on(devices), Optional.empty());
  }

  private static Ended ended() {
    return new Ended(EndReason.USER_REQUEST, "", NOON, false);
  }

  @Test
  void aUseLastsFromTheWriteThatBooksToTheOneThatFreesByTheStoresClock() {
    Session session = insertOne();
    Instant before = store().now();
    session = written(session, starting("gpu-0"));
    Instant booked = store().now();

    DeviceUse open = only(session);
    assertThat(open.from()).isBetween(before, booked);
    assertThat(open.until()).isEmpty();
    assertThat(open)
        .isEqualTo(
            new DeviceUse(session.id(), 1, "node-1", "gpu-0", 1000, open.from(), Optional.empty()));

    session = written(session, new Running(on("gpu-0"), "uid", URI.create("http://a"), NOON));
    session = written(session, new Stopping(on("gpu-0"), EndReason.USER_REQUEST, "", NOON));
    assertThat(only(session)).as("nothing was booked or freed").isEqualTo(open);

    Instant freeing = store().now();
    session = written(session, ended());
    Instant freed = store().now();

    assertThat(only(session).from()).isEqualTo(open.from());
    assertThat(only(session).until().orElseThrow()).isBetween(freeing, freed);
  }

  private DeviceUse only(Session session) {
    List<DeviceUse> uses = store().uses(session.id());
    assertThat(uses).hasSize(1);
    return uses.getFirst();
  }

  @Test
  void aDeviceThatIsFreeAgainIsUsedByAnotherAfterwards() {
    Session first = written(written(insertOne(), starting("gpu-0")), ended());
    Session second = written(insertOne(), starting("gpu-0"));

    assertThat(only(second).from()).isAfterOrEqualTo(only(first).until().orElseThrow());
    assertThat(only(second).until()).isEmpty();
  }

  @Test
  void everyAttemptHasUsesOfItsOwn() {
    Session session = insertOne();
    for (int attempt = 1; attempt <= 3; attempt++) {
      Instant at = NOON.plusSeconds(attempt);
      session =
          applied(
              session,
              new SessionEvent.Placed(
                  new Assignment("node-1", "nvidia-t4", List.of("gpu-0", "gpu-1"), at)));
      session = applied(session, new SessionEvent.VolumeBusy("in use", at, at));
    }

    assertThat(store().uses(session.id()))
        .hasSize(6)
        .allMatch(use -> use.until().isPresent())
        .extracting(use -> use.attempt() + use.device())
        .containsExactly("1gpu-0", "1gpu-1", "2gpu-0", "2gpu-1", "3gpu-0", "3gpu-1");
  }

  private Session applied(Session session, SessionEvent event) {
    Session next = session.on(event).orElseThrow();
    assertThat(store().replace(next)).isEqualTo(Replacement.REPLACED);
    return next;
  }

  @Test
  void aRefusedBookingIsNotNoted() {
    written(insertOne(), starting("gpu-1"));
    Session refused = Sessions.in(insertOne(), starting("gpu-0", "gpu-1"));

    assertThat(store().replace(refused)).isEqualTo(Replacement.DEVICE_TAKEN);

    assertThat(store().uses(refused.id())).isEmpty();
  }

  @Test
  void ofDevicesThatAreExchangedOnlyTheOldOnesUseEnds() {
    Session session = written(insertOne(), starting("gpu-0", "gpu-1"));
    session = written(session, starting("gpu-1", "gpu-2"));

    Map<String, Boolean> open =
        store().uses(session.id()).stream()
            .collect(Collectors.toMap(DeviceUse::device, use -> use.until().isEmpty()));
    assertThat(open).isEqualTo(Map.of("gpu-0", false, "gpu-1", true, "gpu-2", true));
  }

  @Test
  void whoHasNoDeviceHasNoUses() {
    Session session = written(insertOne(), new Queued(NOON, Optional.empty()));

    assertThat(store().uses(session.id())).isEmpty();
    assertThat(store().uses(Sessions.queued(ADA, NOON).id())).isEmpty();
  }

  private record Slot(SessionId session, String node, String device) {}

  /** An instant that the test knows only to lie between two. */
  private record About(Instant earliest, Instant latest) {}

  /** Of all histories: what the ledger adds up to is what a model of plain maps adds up to. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void addsUpToWhatWasHeld(long seed) {
    var random = new SplittableRandom(seed);
    List<Session> sessions =
        new ArrayList<>(Stream.generate(this::insertOne).limit(4 + random.nextInt(4)).toList());
    Map<Slot, About> open = new HashMap<>();
    Map<SessionId, Duration> least = new HashMap<>();
    Map<SessionId, Duration> most = new HashMap<>();
    int ends = 0;
    for (int step = 0; step < 1200; step++) {
      int chosen = random.nextInt(sessions.size());
      Session present = sessions.get(chosen);
      Optional<Session> next = present.on(Sessions.anyEvent(random));
      if (next.isEmpty()) {
        continue;
      }
      Instant before = store().now();
      Replacement replacement = store().replace(next.get());
      var written = new About(before, store().now());
      if (replacement == Replacement.DEVICE_TAKEN) {
        continue;
      }
      assertThat(replacement).isEqualTo(Replacement.REPLACED);
      sessions.set(chosen, next.get().isEnded() ? insertOne() : next.get());
      Set<Slot> held = slots(next.get());
      held.forEach(slot -> open.putIfAbsent(slot, written));
      for (Slot slot : List.copyOf(open.keySet())) {
        if (slot.session().equals(present.id()) && !held.contains(slot)) {
          About from = Objects.requireNonNull(open.remove(slot));
          least.merge(slot.session(), positive(from.latest(), written.earliest()), Duration::plus);
          most.merge(slot.session(), positive(from.earliest(), written.latest()), Duration::plus);
          ends++;
        }
      }
    }
    assertThat(ends).as("a history in which devices were freed").isGreaterThan(5);
    int noted = 0;
    for (SessionId id : most.keySet()) {
      List<DeviceUse> over =
          store().uses(id).stream().filter(use -> use.until().isPresent()).toList();
      Duration sum =
          over.stream()
              .map(use -> Duration.between(use.from(), use.until().orElseThrow()))
              .reduce(Duration.ZERO, Duration::plus);
      assertThat(sum).as("seed=%s", seed).isBetween(least.get(id), most.get(id));
      noted += over.size();
    }
    assertThat(noted).isEqualTo(ends);
    open.forEach(
        (slot, from) ->
            assertThat(store().uses(slot.session()))
                .filteredOn(use -> use.until().isEmpty() && use.device().equals(slot.device()))
                .singleElement()
                .satisfies(
                    use -> assertThat(use.from()).isBetween(from.earliest(), from.latest())));
  }

  private static Duration positive(Instant from, Instant until) {
    return until.isBefore(from) ? Duration.ZERO : Duration.between(from, until);
  }

  private static Set<Slot> slots(Session session) {
    return session.state().held().stream()
        .flatMap(
            held ->
                held.devices().stream().map(device -> new Slot(session.id(), held.node(), device)))
        .collect(Collectors.toSet());
  }
}
