package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.BOB;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore.Cursor;
import dev.notebay.scheduler.core.session.SessionStore.Insertion;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Inserted;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.KeyReused;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Repeated;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.TooMany;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link SessionStore} must do. The store given is empty before each test. */
public abstract class SessionStoreContract {
  private static final int MANY = 1000;
  private static final int CALLERS = 50;
  private static final int ROUNDS = 10;
  private static final Assignment HELD =
      new Assignment("node-1", "nvidia-t4", List.of("gpu-1", "gpu-0"), NOON.plusSeconds(1));
  private static final URI JUPYTER = URI.create("http://127.0.0.1:8888/");

  protected abstract SessionStore store();

  /** The lease whose reigns the store's fence knows. */
  protected abstract LeaderLease lease();

  private Session insert(Session session) {
    return switch (store().insert(session, Sessions.key(), MANY)) {
      case Inserted(var inserted) -> inserted;
      case Insertion other -> throw new AssertionError(other);
    };
  }

  private Session insertOne() {
    return insert(Sessions.queued(ADA, NOON));
  }

  static Stream<SessionState> everyState() {
    return Stream.of(
        new Queued(NOON, Optional.empty()),
        new Queued(NOON, Optional.of(new HeldBack(NOON.plusSeconds(5), "volume in use"))),
        new Queued(NOON, Optional.empty(), Optional.of(NOON.plusSeconds(7))),
        new Starting(HELD, Optional.empty()),
        new Starting(HELD, Optional.of("uid-1")),
        new Starting(new Assignment("node-1", "none", List.of(), NOON), Optional.empty()),
        new Running(HELD, "uid-1", JUPYTER, NOON.plusSeconds(2)),
        new Running(
            HELD, "uid-1", JUPYTER, NOON.plusSeconds(2), Optional.of(NOON.plusSeconds(300))),
        new Stopping(HELD, EndReason.IDLE_TIMEOUT, "idle for an hour", NOON.plusSeconds(3)),
        new Stopping(HELD, EndReason.NODE_LOST, "", NOON.plusSeconds(3)),
        new Ended(EndReason.USER_REQUEST, "ünïcödé \uD83D\uDE80 'quoted'", NOON, true),
        new Ended(EndReason.RUNTIME_LOST, "", NOON, false));
  }

  @ParameterizedTest
  @MethodSource("everyState")
  void givesBackWhatWasPutIn(SessionState state) {
    Session session = Sessions.in(insertOne(), state);

    assertThat(store().replace(session)).isEqualTo(Replacement.REPLACED);
    assertThat(store().find(session.id())).contains(session);
  }

  @Test
  void keepsWhatAcceleratorWasAskedFor() {
    SessionSpec spec = Sessions.spec();
    for (Accelerator accelerator :
        List.of(
            new Accelerator(List.of("nvidia-a100", "nvidia-l4"), 2, Accelerator.WHOLE, 1L << 34),
            new Accelerator(List.of("nvidia-t4"), 1, 250, 0))) {
      Session session =
          Session.queued(
              new SessionId(UUID.randomUUID()),
              Sessions.ADA,
              new SessionSpec(
                  spec.displayName(), accelerator, spec.compute(), spec.volume(), spec.policy()),
              NOON);
      store().insert(session, Sessions.key(), 1000);

      assertThat(store().find(session.id())).contains(session);
    }
  }

  @Test
  void keepsWhatImageAndVariablesWereAskedFor() {
    SessionSpec spec = Sessions.spec();
    Session session =
        Session.queued(
            new SessionId(UUID.randomUUID()),
            Sessions.ADA,
            new SessionSpec(
                spec.displayName(),
                spec.accelerator(),
                spec.compute(),
                spec.volume(),
                spec.policy(),
                spec.queue(),
                spec.priority(),
                Optional.of(new Image("registry.example.org/notebooks/torch:2.9")),
                new Environment(Map.of("A", "", "B", "$(A)\n'\"{}\u2028"))),
            NOON);
    store().insert(session, Sessions.key(), 1000);

    assertThat(store().find(session.id())).contains(session);
  }

  @Test
  void givesBackEveryFieldAndEveryReason() {
    Session inserted =
        insert(
            Session.queued(
                new SessionId(UUID.randomUUID()), BOB, Sessions.specWithoutVolume(), NOON));
    assertThat(store().find(inserted.id())).contains(inserted);

    Session now = inserted;
    for (EndReason reason : EndReason.values()) {
      now =
          new Session(
              now.id(),
              now.owner(),
              now.spec(),
              now.created(),
              now.updated().plusSeconds(1),
              now.version() + 1,
              now.attempt() + 1,
              now.policyGeneration() + 1,
              Optional.of(NOON.plusSeconds(now.version())),
              new Ended(reason, reason.name(), NOON, true));
      assertThat(store().replace(now)).isEqualTo(Replacement.REPLACED);
      assertThat(store().find(now.id())).contains(now);
    }
  }

  @Test
  void keepsInstantsToTheMicrosecondBefore() {
    Instant at = Instant.parse("2026-01-01T12:00:00.123456789Z");
    Session inserted = insert(Sessions.queued(ADA, at));

    Instant kept = Instant.parse("2026-01-01T12:00:00.123456Z");
    assertThat(inserted.created()).isEqualTo(kept);
    assertThat(inserted.state()).isEqualTo(new Queued(kept, Optional.empty()));

    Session ended = Sessions.in(inserted, new Ended(EndReason.USER_REQUEST, "", at, false));
    store().replace(ended);
    assertThat(store().find(inserted.id()).map(Session::state))
        .contains(new Ended(EndReason.USER_REQUEST, "", kept, false));
  }

  @Test
  void keepsATextThatNoDatabaseCanHold() {
    Session session =
        Sessions.in(
            insertOne(), new Ended(EndReason.START_FAILED, "a\0b\uD800c\uDC00", NOON, false));

    assertThat(store().replace(session)).isEqualTo(Replacement.REPLACED);
    assertThat(store().find(session.id()).map(Session::state))
        .contains(new Ended(EndReason.START_FAILED, "a\uFFFDb\uFFFDc\uFFFD", NOON, false));
  }

  @Test
  void findsNothingUnderAnUnknownId() {
    assertThat(store().find(new SessionId(new UUID(1, 1)))).isEmpty();
    assertThat(store().findAll(List.of())).isEmpty();
  }

  @Test
  void findsThoseThatExist() {
    Session one = insertOne();
    Session two = insert(Sessions.queued(BOB, NOON));
    insertOne();

    assertThat(store().findAll(List.of(one.id(), two.id(), new SessionId(new UUID(1, 1)))))
        .containsExactlyInAnyOrder(one, two);
  }

  @Test
  void refusesToInsertWhatIsNotNew() {
    Session placed = Sessions.in(Sessions.queued(ADA, NOON), new Starting(HELD, Optional.empty()));

    assertThatThrownBy(() -> store().insert(placed, Sessions.key(), MANY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: a new one");
  }

  @Test
  void letsOnlyOneOfTwoWritersOfOneVersionWin() {
    Session queued = insertOne();
    Session first = Sessions.in(queued, new Starting(HELD, Optional.empty()));
    Session second = Sessions.in(queued, new Ended(EndReason.USER_REQUEST, "", NOON, false));

    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);
    assertThat(store().replace(second)).isEqualTo(Replacement.CHANGED);
    assertThat(store().replace(first)).isEqualTo(Replacement.CHANGED);
    assertThat(store().find(queued.id())).contains(first);
  }

  @Test
  void doesNotWriteASessionThatIsNotThere() {
    assertThat(store().replace(Sessions.in(Sessions.queued(ADA, NOON), HELD_STATE)))
        .isEqualTo(Replacement.CHANGED);
    // Nor was anything booked for it.
    assertThat(store().replace(Sessions.in(insertOne(), HELD_STATE)))
        .isEqualTo(Replacement.REPLACED);
  }

  private static final SessionState HELD_STATE = new Starting(HELD, Optional.empty());

  private static SessionState startingOn(String node, String... devices) {
    return new Starting(
        new Assignment(node, "nvidia-t4", List.of(devices), NOON), Optional.empty());
  }

  @Test
  void givesNoDeviceTwice() {
    Session holder = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
    Session other = insertOne();
    store().replace(holder);

    assertThat(store().replace(Sessions.in(other, startingOn("node-1", "gpu-1", "gpu-0"))))
        .isEqualTo(Replacement.DEVICE_TAKEN);
    assertThat(store().find(other.id())).contains(other);
    // Of a refused placement nothing stays booked.
    assertThat(store().replace(Sessions.in(insertOne(), startingOn("node-1", "gpu-1"))))
        .isEqualTo(Replacement.REPLACED);
    // A device of the same name on another node is another device.
    assertThat(store().replace(Sessions.in(other, startingOn("node-2", "gpu-0"))))
        .isEqualTo(Replacement.REPLACED);
  }

  @Test
  void keepsTheDevicesUntilTheSessionHoldsThemNoMore() {
    Session session = Sessions.in(insertOne(), HELD_STATE);
    Session other = insertOne();
    for (SessionState state :
        List.of(
            HELD_STATE,
            new Running(HELD, "uid-1", JUPYTER, NOON),
            new Stopping(HELD, EndReason.USER_REQUEST, "", NOON))) {
      assertThat(store().replace(session)).isEqualTo(Replacement.REPLACED);
      assertThat(store().replace(Sessions.in(other, startingOn("node-1", "gpu-0"))))
          .isEqualTo(Replacement.DEVICE_TAKEN);
      session = Sessions.in(session, state);
    }
    assertThat(store().replace(session)).isEqualTo(Replacement.REPLACED);
    Session ended = Sessions.in(session, new Ended(EndReason.USER_REQUEST, "", NOON, true));
    assertThat(store().replace(ended)).isEqualTo(Replacement.REPLACED);

    assertThat(store().replace(Sessions.in(other, HELD_STATE))).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void freesDevicesThatAreHandedBackToTheQueueOrExchanged() {
    Session first = Sessions.in(insertOne(), startingOn("node-1", "gpu-0", "gpu-1"));
    Session second = insertOne();
    store().replace(first);
    first = Sessions.in(first, startingOn("node-1", "gpu-1", "gpu-2"));
    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);

    second = Sessions.in(second, startingOn("node-1", "gpu-0"));
    assertThat(store().replace(second)).isEqualTo(Replacement.REPLACED);

    first = Sessions.in(first, new Queued(NOON, Optional.empty()));
    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);
    second = Sessions.in(second, startingOn("node-1", "gpu-0", "gpu-1", "gpu-2"));
    assertThat(store().replace(second)).isEqualTo(Replacement.REPLACED);
  }

  @Test
  void answersARepeatedRequestWithWhatCameOfIt() {
    RequestKey key = Sessions.key();
    Session session = Sessions.queued(ADA, NOON);
    assertThat(store().insert(session, key, 1)).isEqualTo(new Inserted(session));
    Session ended = Sessions.in(session, new Ended(EndReason.USER_REQUEST, "", NOON, false));
    store().replace(ended);

    assertThat(store().findByRequest(ADA, key.id())).contains(ended);
    assertThat(store().findByRequest(BOB, key.id())).isEmpty();
    assertThat(store().findByRequest(ADA, UUID.randomUUID())).isEmpty();
    assertThat(store().insert(Sessions.queued(ADA, NOON), key, 0)).isEqualTo(new Repeated(ended));
    assertThat(store().list(ADA, true, Optional.empty(), MANY)).containsExactly(ended);
  }

  @Test
  void refusesAKeyThatWasUsedForSomethingElse() {
    RequestKey key = Sessions.key();
    store().insert(Sessions.queued(ADA, NOON), key, MANY);

    assertThat(store().insert(Sessions.queued(ADA, NOON), new RequestKey(key.id(), "11"), 0))
        .isEqualTo(new KeyReused());
    // Another person's key of the same value is another key.
    assertThat(store().insert(Sessions.queued(BOB, NOON), new RequestKey(key.id(), "11"), MANY))
        .isInstanceOf(Inserted.class);
  }

  @Test
  void limitsWhatOnePersonHasUnfinished() {
    Session first = insertOne();
    insertOne();
    insert(Sessions.queued(BOB, NOON));
    Session third = Sessions.queued(ADA, NOON);

    assertThat(store().insert(third, Sessions.key(), 2)).isEqualTo(new TooMany());
    assertThat(store().find(third.id())).isEmpty();
    // Over is over, also with the volume still held.
    store().replace(Sessions.in(first, new Ended(EndReason.USER_REQUEST, "", NOON, true)));
    assertThat(store().insert(third, Sessions.key(), 2)).isEqualTo(new Inserted(third));
  }

  @Test
  void knowsWhatIsUnfinishedOldestFirst() {
    Session young = insert(Sessions.queued(ADA, NOON.plusSeconds(2)));
    Session old = insert(Sessions.queued(BOB, NOON));
    Session over = insert(Sessions.queued(ADA, NOON));
    Session volumeHeld = insert(Sessions.queued(ADA, NOON.plusSeconds(1)));
    store().replace(Sessions.in(over, new Ended(EndReason.USER_REQUEST, "", NOON, false)));
    Session held = Sessions.in(volumeHeld, new Ended(EndReason.USER_REQUEST, "", NOON, true));
    store().replace(held);

    assertThat(store().unfinished()).containsExactly(old, held, young);
  }

  private Epoch reign() {
    return lease().acquire("replica", Duration.ofHours(1)).orElseThrow();
  }

  @Test
  void writesManyAtOnceAndTellsOfEach() {
    Session stale = Sessions.in(insertOne(), new Queued(NOON, Optional.empty()));
    store().replace(stale);
    Session first = Sessions.in(insertOne(), startingOn("node-1", "gpu-0", "gpu-1"));
    Session changed = Sessions.in(stale, startingOn("node-1", "gpu-7"));
    Session missing = Sessions.in(Sessions.queued(ADA, NOON), startingOn("node-1", "gpu-8"));
    Session over = Sessions.in(insertOne(), new Ended(EndReason.USER_REQUEST, "", NOON, false));
    Session last = Sessions.in(insertOne(), startingOn("node-1", "gpu-2"));
    store().replace(Sessions.in(stale, new Queued(NOON, Optional.empty())));

    assertThat(store().replaceAll(List.of(first, changed, missing, over, last), reign()))
        .containsExactly(
            Replacement.REPLACED,
            Replacement.CHANGED,
            Replacement.CHANGED,
            Replacement.REPLACED,
            Replacement.REPLACED);
    assertThat(store().findAll(List.of(first.id(), over.id(), last.id())))
        .containsExactlyInAnyOrder(first, over, last);
    assertThat(store().uses(changed.id())).isEmpty();
    assertThat(store().replaceAll(List.of(), reign())).isEmpty();
  }

  @Test
  void oneOfManyThatCannotHaveItsDevicesKeepsNoOtherFromBeingWritten() {
    store().replace(Sessions.in(insertOne(), startingOn("node-1", "gpu-9")));
    Session quick = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
    Session refused = Sessions.in(insertOne(), startingOn("node-1", "gpu-1", "gpu-9"));
    Session next = Sessions.in(insertOne(), startingOn("node-1", "gpu-1"));
    Session second = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
    Session other = Sessions.in(insertOne(), startingOn("node-2", "gpu-9"));

    assertThat(store().replaceAll(List.of(quick, refused, next, second, other), reign()))
        .containsExactly(
            Replacement.REPLACED,
            Replacement.DEVICE_TAKEN,
            Replacement.REPLACED,
            Replacement.DEVICE_TAKEN,
            Replacement.REPLACED);
    assertThat(store().uses(refused.id())).isEmpty();
    assertThat(store().find(refused.id()).orElseThrow().version()).isEqualTo(1);
    assertThat(store().uses(next.id())).extracting(DeviceUse::device).containsExactly("gpu-1");
  }

  @Test
  void whatOneOfManyFreesAnotherMayHave() {
    Session holder = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
    store().replace(holder);
    Session waits = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
    Session ended = Sessions.in(holder, new Ended(EndReason.USER_REQUEST, "", NOON, false));

    assertThat(store().replaceAll(List.of(waits, ended), reign()))
        .containsExactly(Replacement.REPLACED, Replacement.REPLACED);
    assertThat(store().uses(waits.id()).getFirst().from())
        .isAfterOrEqualTo(store().uses(holder.id()).getFirst().until().orElseThrow());
  }

  @Test
  void ofADeposedLeadersManyWritesNoneIsMade() {
    Epoch old = reign();
    Session first = insertOne();
    Session second = insertOne();
    reign();

    assertThat(
            store()
                .replaceAll(
                    List.of(
                        Sessions.in(first, startingOn("node-1", "gpu-0")),
                        Sessions.in(second, startingOn("node-1", "gpu-1"))),
                    old))
        .containsExactly(Replacement.FENCED, Replacement.FENCED);
    assertThat(store().unfinished()).containsExactlyInAnyOrder(first, second);
  }

  /** Batches at random: each session has what it would have had one after the other. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void writesManyAsTheFakeDoes(long seed) {
    var random = new SplittableRandom(seed);
    var fake = new InMemorySessionStore();
    Epoch epoch = fake.acquire("replica", Duration.ofHours(1)).orElseThrow();
    assertThat(reign()).isEqualTo(epoch);
    for (int i = 0; i < 14; i++) {
      Session session = Sessions.queued(ADA, NOON);
      RequestKey key = Sessions.key();
      assertThat(store().insert(session, key, MANY)).isEqualTo(fake.insert(session, key, MANY));
    }
    Map<Replacement, Integer> seen = new HashMap<>();
    for (int step = 0; step < 60; step++) {
      List<Session> next = new ArrayList<>();
      for (Session present : fake.list(ADA, true, none(), MANY)) {
        if (random.nextBoolean()) {
          next.add(anyOther(present, random));
        }
      }
      List<Replacement> expected = fake.replaceAll(next, epoch);
      expected.forEach(result -> seen.merge(result, 1, Integer::sum));

      assertThat(store().replaceAll(next, epoch))
          .as("seed=%s step=%s", seed, step)
          .isEqualTo(expected);
      assertThat(store().unfinished()).isEqualTo(fake.unfinished());
      for (Session session : next) {
        assertThat(store().uses(session.id()).stream().map(use -> timeless(use)))
            .containsExactlyInAnyOrderElementsOf(
                fake.uses(session.id()).stream().map(use -> timeless(use)).toList());
      }
    }
    assertThat(seen)
        .as("a history that met everything")
        .containsKeys(Replacement.REPLACED, Replacement.CHANGED, Replacement.DEVICE_TAKEN);
  }

  /** Placed on some of five devices, or back in the queue; sometimes by one who came late. */
  private static Session anyOther(Session present, SplittableRandom random) {
    if (random.nextInt(8) == 0) {
      return present;
    }
    if (present.state().held().isPresent()) {
      return Sessions.in(present, new Queued(NOON, Optional.empty()));
    }
    List<String> devices =
        Stream.of("gpu-0", "gpu-1", "gpu-2", "gpu-3", "gpu-4")
            .filter(_ -> random.nextInt(3) == 0)
            .toList();
    return Sessions.in(present, startingOn("node-1", devices.toArray(String[]::new)));
  }

  @Test
  void tellsAReaderThatKnowsNothingAllThatIsUnfinished() {
    Session waits = insertOne();
    Session over = insertOne();
    Session volumeHeld = insertOne();
    store().replace(Sessions.in(over, new Ended(EndReason.USER_REQUEST, "", NOON, false)));
    Session held = Sessions.in(volumeHeld, new Ended(EndReason.USER_REQUEST, "", NOON, true));
    store().replace(held);

    Changes all = store().changes(Changes.Mark.NONE);

    assertThat(all.complete()).isTrue();
    assertThat(all.sessions()).containsExactlyInAnyOrder(waits, held);
    assertThat(store().changes(new Changes.Mark("another history", Long.MAX_VALUE)).sessions())
        .containsExactlyInAnyOrder(waits, held);
  }

  @Test
  void tellsWhatWasWrittenSinceAMarkAlsoIfItIsOver() {
    Session waits = insertOne();
    Changes.Mark mark = store().changes(Changes.Mark.NONE).next();
    assertThat(store().changes(mark).sessions()).isEmpty();

    Session over = Sessions.in(waits, new Ended(EndReason.USER_REQUEST, "", NOON, false));
    store().replace(over);
    Session fresh = insertOne();

    Changes changes = store().changes(mark);
    assertThat(changes.complete()).isFalse();
    assertThat(changes.sessions()).containsExactlyInAnyOrder(over, fresh);
    assertThat(store().changes(mark)).as("asked again").isEqualTo(changes);
    assertThat(store().changes(changes.next()).sessions()).isEmpty();
  }

  @Test
  void aReaderFromBeforeWhatIsForgottenIsGivenEverythingAndOthersWhatTheyMissed() {
    Changes.Mark old = store().changes(Changes.Mark.NONE).next();
    Session first = insertOne();
    insertOne();
    Changes.Mark between = store().changes(old).next();
    Session second = insertOne();
    Changes.Mark recent = store().changes(between).next();

    store().forgetChanges(between);

    assertThat(store().changes(old).complete()).isTrue();
    assertThat(store().changes(old).sessions()).hasSize(3).contains(first, second);
    assertThat(store().changes(between).complete()).isFalse();
    assertThat(store().changes(between).sessions()).containsExactly(second);
    assertThat(store().changes(recent).complete()).isFalse();
    assertThat(store().changes(recent).sessions()).isEmpty();

    store().forgetChanges(new Changes.Mark("another history", Long.MAX_VALUE));
    assertThat(store().changes(between).complete()).isFalse();
  }

  @Test
  void aReaderByMarksMissesNothingThatManyWriteAtOnce() throws Exception {
    var reader = new UnfinishedSessions(store());
    var working = new AtomicInteger(CALLERS);
    List<Callable<Boolean>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      var random = new SplittableRandom(i);
      callers.add(
          () -> {
            try {
              for (int round = 0; round < ROUNDS; round++) {
                Session next = anyNext(insertOne(), random);
                store().replace(next);
              }
              return true;
            } finally {
              working.decrementAndGet();
            }
          });
    }
    callers.add(
        () -> {
          while (working.get() > 0) {
            reader.refresh();
          }
          return true;
        });
    AtOnce.call(callers);
    reader.refresh();

    assertThat(reader.copy()).containsExactlyInAnyOrderElementsOf(store().unfinished());
  }

  @Test
  void listsInPagesNewestFirst() {
    List<Session> mine = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      // Three of each age, so that pages end between sessions of one age.
      mine.add(insert(Sessions.queued(ADA, NOON.plusSeconds(i / 3))));
      insert(Sessions.queued(BOB, NOON));
    }
    Session over = Sessions.in(mine.get(5), new Ended(EndReason.IDLE_TIMEOUT, "", NOON, true));
    store().replace(over);
    mine.set(5, over);

    assertThat(pages(true, 3))
        .containsExactlyInAnyOrderElementsOf(mine)
        .isSortedAccordingTo((a, b) -> b.created().compareTo(a.created()));
    assertThat(pages(true, 3)).isEqualTo(store().list(ADA, true, Optional.empty(), MANY));
    assertThat(pages(false, 4)).hasSize(9).doesNotContain(over);
  }

  private List<Session> pages(boolean withEnded, int size) {
    List<Session> all = new ArrayList<>();
    Optional<Cursor> after = Optional.empty();
    while (true) {
      List<Session> page = store().list(ADA, withEnded, after, size);
      all.addAll(page);
      if (page.size() < size) {
        return all;
      }
      after = Optional.of(new Cursor(page.getLast().created(), page.getLast().id()));
    }
  }

  @Test
  void givesTheOneFreeDeviceToExactlyOneOfManyAtOnce() throws Exception {
    List<Callable<Replacement>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session next = Sessions.in(insertOne(), startingOn("node-1", "gpu-0"));
      callers.add(() -> store().replace(next));
    }

    List<Replacement> results = AtOnce.call(callers);

    assertThat(Collections.frequency(results, Replacement.REPLACED)).isEqualTo(1);
    assertThat(Collections.frequency(results, Replacement.DEVICE_TAKEN)).isEqualTo(CALLERS - 1);
    assertThat(store().unfinished().stream().filter(session -> session.attempt() == 1)).hasSize(1);
  }

  @Test
  void doesNotDeadlockWherePlacementsOverlap() throws Exception {
    List<Callable<Replacement>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session next =
          Sessions.in(
              insertOne(),
              i % 2 == 0
                  ? startingOn("node-1", "gpu-0", "gpu-1", "gpu-2")
                  : startingOn("node-1", "gpu-2", "gpu-1", "gpu-0"));
      callers.add(() -> store().replace(next));
    }

    assertThat(Collections.frequency(AtOnce.call(callers), Replacement.REPLACED)).isEqualTo(1);
  }

  @Test
  void writesOneOfManyChangesOfOneVersion() throws Exception {
    Session session = insertOne();
    List<Callable<Replacement>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session next = Sessions.in(session, startingOn("node-1", "gpu-" + i));
      callers.add(() -> store().replace(next));
    }

    List<Replacement> results = AtOnce.call(callers);

    assertThat(Collections.frequency(results, Replacement.REPLACED)).isEqualTo(1);
    assertThat(Collections.frequency(results, Replacement.CHANGED)).isEqualTo(CALLERS - 1);
  }

  @Test
  void makesOneSessionOfManyRequestsWithOneKey() throws Exception {
    RequestKey key = Sessions.key();
    List<Callable<Insertion>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session session = Sessions.queued(ADA, NOON.plusSeconds(i));
      callers.add(() -> store().insert(session, key, 1));
    }

    List<Insertion> results = AtOnce.call(callers);

    List<Session> listed = store().list(ADA, true, Optional.empty(), MANY);
    assertThat(listed).hasSize(1);
    assertThat(Collections.frequency(results, new Inserted(listed.getFirst()))).isEqualTo(1);
    assertThat(Collections.frequency(results, new Repeated(listed.getFirst())))
        .isEqualTo(CALLERS - 1);
  }

  @Test
  void keepsTheLimitAgainstManyRequestsAtOnce() throws Exception {
    List<Callable<Insertion>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Session session = Sessions.queued(ADA, NOON);
      callers.add(() -> store().insert(session, Sessions.key(), 3));
    }

    assertThat(Collections.frequency(AtOnce.call(callers), new TooMany())).isEqualTo(CALLERS - 3);
    assertThat(store().unfinished()).hasSize(3);
  }

  @Test
  void insertsManyThatComeAtOnceEachForItself() throws Exception {
    RequestKey repeated = Sessions.key();
    Session first = Sessions.queued(ADA, NOON);
    store().insert(first, repeated, MANY);
    List<Callable<String>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      int number = i;
      callers.add(
          () ->
              switch (number % 5) {
                case 0 -> outcome(Sessions.queued(BOB, NOON), Sessions.key(), 3);
                case 1 -> outcome(Sessions.queued(ADA, NOON), repeated, 0);
                case 2 ->
                    outcome(Sessions.queued(ADA, NOON), new RequestKey(repeated.id(), "11"), 0);
                // An id that is taken already is this caller's mistake and nobody else's.
                case 3 -> outcome(first, Sessions.key(), MANY);
                default -> outcome(Sessions.queued(ADA, NOON), Sessions.key(), MANY);
              });
    }
    List<String> outcomes = AtOnce.call(callers);

    for (int i = 0; i < CALLERS; i++) {
      switch (i % 5) {
        case 0 -> assertThat(outcomes.get(i)).isIn("Inserted", "TooMany");
        case 1 -> assertThat(outcomes.get(i)).isEqualTo("Repeated");
        case 2 -> assertThat(outcomes.get(i)).isEqualTo("KeyReused");
        case 3 -> assertThat(outcomes.get(i)).isEqualTo("failed");
        default -> assertThat(outcomes.get(i)).isEqualTo("Inserted");
      }
    }
    assertThat(store().list(BOB, true, none(), MANY)).hasSize(3);
    assertThat(store().list(ADA, true, none(), MANY)).hasSize(1 + CALLERS / 5);
  }

  private String outcome(Session session, RequestKey key, int maximumUnfinished) {
    try {
      return store().insert(session, key, maximumUnfinished).getClass().getSimpleName();
    } catch (RuntimeException refused) {
      return "failed";
    }
  }

  /** Histories at random: the store and the fake answer the same at every step. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersAsTheFakeDoesAtEveryStepOfAnyHistory(long seed) {
    var random = new SplittableRandom(seed);
    var fake = new InMemorySessionStore();
    for (LeaderLease lease : List.of(fake, lease())) {
      lease.acquire("replica", Duration.ofHours(1));
      lease.acquire("replica", Duration.ofHours(1));
    }
    var reader = new UnfinishedSessions(store());
    List<RequestKey> keys = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      keys.add(new RequestKey(uuid(random), "digest-" + i));
    }
    Map<Replacement, Integer> seen = new HashMap<>();
    for (int step = 0; step < 250; step++) {
      String where = "seed=" + seed + " step=" + step;
      List<Session> stored = fake.list(random.nextBoolean() ? ADA : BOB, true, none(), MANY);
      switch (stored.isEmpty() ? 0 : random.nextInt(10)) {
        case 0, 1 -> {
          Session session = anySession(random);
          RequestKey key =
              random.nextInt(3) == 0
                  ? keys.get(random.nextInt(keys.size()))
                  : new RequestKey(uuid(random), "digest-" + random.nextInt(2));
          RequestKey asked = random.nextInt(5) == 0 ? new RequestKey(key.id(), "another") : key;
          assertThat(store().insert(session, asked, 5))
              .as(where)
              .isEqualTo(fake.insert(session, asked, 5));
        }
        case 2 -> {
          assertThat(store().unfinished()).as(where).isEqualTo(fake.unfinished());
          reader.refresh();
          assertThat(oldestFirst(reader)).as(where).isEqualTo(fake.unfinished());
          Session any = stored.get(random.nextInt(stored.size()));
          var after = Optional.of(new Cursor(any.created(), any.id()));
          boolean withEnded = random.nextBoolean();
          assertThat(store().list(any.owner(), withEnded, after, 3))
              .as(where)
              .isEqualTo(fake.list(any.owner(), withEnded, after, 3));
        }
        default -> {
          Session now = stored.get(random.nextInt(stored.size()));
          Session next = anyNext(now, random);
          int writers = random.nextInt(5) == 0 ? 2 : 1;
          for (int writer = 0; writer < writers; writer++) {
            boolean leads = random.nextBoolean();
            var epoch = new Epoch(random.nextInt(8) == 0 ? 1 : 2);
            Replacement expected = leads ? fake.replace(next, epoch) : fake.replace(next);
            seen.merge(expected, 1, Integer::sum);
            assertThat(leads ? store().replace(next, epoch) : store().replace(next))
                .as(where)
                .isEqualTo(expected);
          }
          assertThat(store().uses(now.id()).stream().map(use -> timeless(use)))
              .as(where)
              .containsExactlyInAnyOrderElementsOf(
                  fake.uses(now.id()).stream().map(use -> timeless(use)).toList());
          assertThat(store().find(now.id())).as(where).isEqualTo(fake.find(now.id()));
        }
      }
    }
    assertThat(store().unfinished()).isEqualTo(fake.unfinished());
    assertThat(seen).as("a history that met everything").containsKeys(Replacement.values());
  }

  private static List<Session> oldestFirst(UnfinishedSessions reader) {
    return Stream.concat(reader.waiting().stream(), reader.placed().stream())
        .sorted(
            Comparator.comparing(Session::created)
                .thenComparing(session -> session.id().toString()))
        .toList();
  }

  /** What becomes of it by the first of some events that applies; itself, stale, if none does. */
  private static Session anyNext(Session now, SplittableRandom random) {
    return Stream.generate(() -> Sessions.anyEvent(random))
        .limit(20)
        .flatMap(event -> now.on(event).stream())
        .findFirst()
        .orElse(now);
  }

  private static String timeless(DeviceUse use) {
    return use.attempt() + use.node() + use.device() + use.until().isPresent();
  }

  private static Optional<Cursor> none() {
    return Optional.empty();
  }

  private static Session anySession(SplittableRandom random) {
    return Session.queued(
        new SessionId(uuid(random)),
        random.nextBoolean() ? ADA : BOB,
        random.nextBoolean() ? Sessions.spec() : Sessions.specWithoutVolume(),
        NOON.plusNanos(random.nextLong(3) * 1_000_000_500L));
  }

  private static UUID uuid(SplittableRandom random) {
    return new UUID(random.nextLong(), random.nextLong());
  }
}
