package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.ADA;
import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.QueueNotFound;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.State;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionObjectsTest {
  private static final String NAMESPACE = "notebay-sessions";
  private static final Duration RETENTION = Duration.ofHours(1);

  private Instant now = NOON;
  private boolean leads = true;
  private boolean launching;
  private boolean synced = true;
  private int ids;
  private final InMemorySessionStore store = new InMemorySessionStore(() -> now);
  private final SessionObjectCache cache = new SessionObjectCache(() -> {});
  private final FakeSessionObjectApi api = new FakeSessionObjectApi(cache);
  private final ExecutorService writers = Executors.newSingleThreadExecutor();
  private final SessionRequests requests =
      new SessionRequests(
          store,
          Sessions.line(() -> List.of(Sessions.node("node-1", 4, "nvidia-t4"))),
          new NoAgents(),
          Allowance.USUAL,
          () -> Sessions.id(++ids).value(),
          _ -> {});
  private final SessionObjects objects = controller();

  @AfterEach
  void close() {
    writers.close();
  }

  @Test
  void aSessionThatWasAskedForElsewhereGetsAnObject() {
    Session session = create("nvidia-t4");

    pass();

    NotebookSession mirror = mirror(session);
    assertThat(mirror.getSpec().owner()).isEqualTo("ada");
    assertThat(mirror.getSpec()).isEqualTo(SpecWriter.of(session));
    assertThat(mirror.getMetadata().getLabels())
        .containsEntry(Labels.SESSION, session.id().toString())
        .containsEntry(Labels.INSTALLATION, "notebay")
        .containsEntry(Labels.MANAGED_BY, "notebay");
    assertThat(mirror.getMetadata().getFinalizers()).containsExactly("notebay.dev/session");
    assertThat(mirror.getStatus().state()).isEqualTo(State.QUEUED);
    assertThat(mirror.getStatus().session()).isEqualTo(session.id().toString());
    assertThat(api.writes)
        .containsExactly(
            "apply " + mirror.getMetadata().getName(),
            "status " + mirror.getMetadata().getName() + " QUEUED");
  }

  @Test
  void nothingIsWrittenWhileNothingChanges() {
    create("nvidia-t4");
    pass();
    api.writes.clear();

    for (int i = 0; i < 100; i++) {
      passAfter(Duration.ofSeconds(1));
    }

    assertThat(api.writes).isEmpty();
  }

  @Test
  void aSessionIsWrittenOnceInASecondHoweverOftenItChanges() {
    Session session = create("nvidia-t4");
    pass();
    api.writes.clear();

    place(session);
    pass();
    claim(session);
    passAfter(Duration.ofMillis(500));
    ready(session);
    passAfter(Duration.ofMillis(499));
    assertThat(api.writes).isEmpty();
    passAfter(Duration.ofMillis(1));

    assertThat(api.writes)
        .containsExactly("status " + mirror(session).getMetadata().getName() + " RUNNING");
    assertThat(api.events)
        .extracting(event -> event.replaceFirst("^\\S+ ", ""))
        .containsExactly(
            "Queued: there is room; it is its turn soon",
            "Placed: nvidia-t4 x1 on node node-1",
            "Ready: its Jupyter server answers");
  }

  @Test
  void anObjectThatSomebodyAppliedBecomesASession() {
    NotebookSession applied = apply("training", "owner: bob\naccelerator: {types: [nvidia-t4]}");

    pass();

    Session session = only();
    assertThat(session.owner().subject()).isEqualTo("bob");
    assertThat(api.get("training").getStatus().session()).isEqualTo(session.id().toString());
    assertThat(api.get("training").getMetadata().getLabels())
        .doesNotContainKey(Labels.MANAGED_BY)
        .containsEntry(Labels.SESSION, session.id().toString());
    assertThat(store.findByRequest(session.owner(), UUID.fromString(uid(applied))))
        .contains(session);
    assertThat(uid(cache.find(session.id()).orElseThrow())).isEqualTo(uid(applied));
    passAfter(Duration.ofMinutes(1));
    assertThat(api.all()).hasSize(1);
  }

  /** Its pod may be made at once. */
  @Test
  void itsObjectOwnsWhatIsMadeForASessionBeforeItsStatusSaysSo() {
    NotebookSession applied = apply("training", "owner: bob");
    api.failOnceAfter(1);

    pass();

    assertThat(api.get("training").getStatus()).isNull();
    assertThat(uid(cache.find(only().id()).orElseThrow())).isEqualTo(uid(applied));
  }

  /** At every write in turn, and with whatever replica goes on. */
  @Test
  void anObjectMakesOneSessionWhateverFailsOnTheWay() {
    for (int failing = 0; failing < 5; failing++) {
      String name = "attempt-" + failing;
      apply(name, "owner: user-" + failing);
      api.failOnceAfter(failing);
      controller().runOnce();
      now = now.plusSeconds(1);
      SessionObjects after = controller();
      after.runOnce();
      now = now.plusSeconds(6);
      after.runOnce();

      assertThat(api.get(name).getStatus().state()).isEqualTo(State.QUEUED);
    }
    assertThat(store.unfinished()).hasSize(5);
    assertThat(api.all()).hasSize(5);
  }

  @Test
  void anObjectThatAsksForWhatIsWrongIsToldSo() {
    apply("wrong", "owner: bob\ncpu: 0");

    pass();

    NotebookSessionStatus status = api.get("wrong").getStatus();
    assertThat(status.state()).isEqualTo(State.REJECTED);
    assertThat(status.reason()).isEqualTo("INVALID_FIELD");
    assertThat(status.condition("Accepted").orElseThrow().message())
        .isEqualTo("spec.cpu: 0 (expected: 1m to 1000)");
    assertThat(api.get("wrong").getMetadata().getFinalizers()).isEmpty();
    assertThat(store.unfinished()).isEmpty();
    assertThat(api.events).containsExactly("wrong Rejected: spec.cpu: 0 (expected: 1m to 1000)");
  }

  @Test
  void anObjectThatTheFleetCannotGiveNowAsksAgain() {
    apply("later", "owner: bob\nqueue: absent");
    pass();
    assertThat(api.get("later").getStatus().reason()).isEqualTo("QUEUE_NOT_FOUND");
    apply("never", "owner: bob\naccelerator: {types: [nvidia-h100]}");
    passAfter(Duration.ofSeconds(1));
    assertThat(api.get("never").getStatus().reason()).isEqualTo("ACCELERATOR_IMPOSSIBLE");

    missingQueue = "";
    passAfter(Duration.ofSeconds(15));

    assertThat(api.get("later").getStatus().state()).isEqualTo(State.QUEUED);
  }

  @Test
  void oneWhoHasAllThatOnePersonMayHaveGetsTheirNextWhenOneIsOver() {
    for (int i = 0; i < 9; i++) {
      apply("s-" + i, "owner: bob");
    }
    pass();
    assertThat(api.all())
        .filteredOn(object -> object.getStatus().state() == State.REJECTED)
        .singleElement()
        .satisfies(
            object -> assertThat(object.getStatus().reason()).isEqualTo("TOO_MANY_SESSIONS"));

    Session one = store.unfinished().getFirst();
    requests.stop(one.owner(), one.id(), Optional.empty(), now);
    passAfter(Duration.ofSeconds(15));

    assertThat(api.all()).noneMatch(object -> object.getStatus().state() == State.REJECTED);
  }

  @Test
  void deletingTheObjectStopsTheSessionAndTheObjectGoesWhenThatIsOver() {
    apply("training", "owner: bob\naccelerator: {types: [nvidia-t4]}");
    pass();
    Session session = only();
    place(session);
    passAfter(Duration.ofSeconds(1));

    api.personDeletes("training");
    passAfter(Duration.ofSeconds(1));

    assertThat(find(session).state().label()).isEqualTo("STOPPING");
    assertThat(api.get("training").getStatus().state()).isEqualTo(State.STOPPING);
    passAfter(Duration.ofSeconds(20));
    assertThat(api.all()).hasSize(1);

    write(session, new SessionEvent.RuntimeGone(EndReason.USER_REQUEST, "gone", now));
    passAfter(Duration.ofSeconds(1));

    assertThat(api.all()).isEmpty();
    assertThat(api.events)
        .extracting(event -> event.replaceFirst(":.*", ""))
        .containsExactly(
            "training Queued", "training Placed", "training Stopping", "training Stopped");
  }

  @Test
  void aMirrorCanBeDeletedToo() {
    Session session = create("nvidia-t4");
    pass();

    api.personDeletes(mirror(session).getMetadata().getName());
    passAfter(Duration.ofSeconds(1));

    assertThat(find(session).isEnded()).isTrue();
    assertThat(api.all()).isEmpty();
  }

  @Test
  void anObjectThatIsDeletedBeforeItWasSeenMakesNothing() {
    NotebookSession object = object("gone", "owner: bob");
    object.addFinalizer("example.org/other");
    api.person(object);
    api.personDeletes("gone");

    pass();

    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void aMirrorGoesSomeTimeAfterItsSessionAndWhatSomebodyAppliedStays() {
    Session mirrored = create("nvidia-t4");
    apply("training", "owner: bob");
    pass();
    store.unfinished().forEach(one -> requests.stop(one.owner(), one.id(), Optional.empty(), now));
    passAfter(Duration.ofSeconds(1));
    assertThat(api.all())
        .hasSize(2)
        .allMatch(object -> object.getStatus().state() == State.STOPPED)
        .allMatch(object -> object.getMetadata().getFinalizers().isEmpty());
    assertThat(mirror(mirrored).getStatus().endTime()).isEqualTo("2026-01-01T12:00:00Z");

    passAfter(RETENTION.minusSeconds(60));
    assertThat(api.all()).hasSize(2);
    passAfter(Duration.ofMinutes(5));

    assertThat(api.all())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly("training");
    passAfter(RETENTION);
    assertThat(store.unfinished()).isEmpty();
    assertThat(api.get("training").getStatus().state()).isEqualTo(State.STOPPED);
  }

  @Test
  void anObjectThatWasTakenAwayByForceIsMadeAgainWhileItsSessionGoesOn() {
    apply("training", "owner: bob");
    pass();

    api.personForces("training");
    passAfter(Duration.ofSeconds(1));

    assertThat(mirror(only()).getSpec().owner()).isEqualTo("bob");
  }

  @Test
  void theMirrorOfAVanishedSessionIsRemovedAndAnAppliedObjectIsToldSo() {
    NotebookSession lost =
        SessionLinks.mirror(
            Sessions.queued(7, Sessions.spec("nvidia-t4", 1)), NAMESPACE, "notebay");
    api.apply(lost);
    apply("training", "owner: bob");
    NotebookSession applied = api.get("training");
    applied.addFinalizer(SessionLinks.FINALIZER);
    api.applyStatus(
        SessionLinks.withStatus(
            applied,
            SessionObjectMapper.status(
                requests.view(Sessions.queued(9, Sessions.spec("nvidia-t4", 1)), now),
                null,
                1,
                now)));

    pass();

    assertThat(api.all()).hasSize(1);
    assertThat(api.get("training").getStatus().reason()).isEqualTo("SESSION_VANISHED");
    passAfter(Duration.ofMinutes(1));
    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void whoNamesTheirsLikeAMirrorGetsASessionOfTheirOwn() {
    Session adas = create("nvidia-t4");
    NotebookSession forged = object("s" + adas.id(), "owner: mallory");
    forged.getMetadata().setLabels(Map.of(Labels.MANAGED_BY, Labels.NOTEBAY));
    api.person(forged);

    pass();
    api.personDeletes("s" + adas.id());
    passAfter(Duration.ofSeconds(6));

    assertThat(find(adas).isEnded()).isFalse();
  }

  @Test
  void ofTwoObjectsOfOneSessionTheOneThatWasAppliedStays() {
    apply("training", "owner: bob");
    pass();
    api.apply(SessionLinks.mirror(only(), NAMESPACE, "notebay"));

    passAfter(Duration.ofSeconds(1));
    passAfter(Duration.ofSeconds(1));

    assertThat(api.all())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly("training");
    assertThat(only().isEnded()).isFalse();
  }

  /** Its pod may be owned by it. */
  @Test
  void theMirrorBesideAnAppliedObjectStaysWhileItsSessionMayHaveAPod() {
    apply("training", "owner: bob");
    pass();
    place(only());
    api.apply(SessionLinks.mirror(only(), NAMESPACE, "notebay"));

    passAfter(Duration.ofSeconds(1));
    assertThat(api.all()).hasSize(2);
    assertThat(cache.find(only().id()).orElseThrow().getMetadata().getName()).isEqualTo("training");

    Session session = only();
    requests.stop(session.owner(), session.id(), Optional.empty(), now);
    passAfter(Duration.ofSeconds(1));
    assertThat(api.all()).hasSize(2);
    write(session, new SessionEvent.RuntimeGone(EndReason.USER_REQUEST, "gone", now));
    passAfter(Duration.ofSeconds(1));
    assertThat(api.all())
        .extracting(object -> object.getMetadata().getName())
        .containsExactly("training");
  }

  /** Whoever makes its pod makes its object. */
  @Test
  void aSessionThatWasJustPlacedIsLeftToItsLaunch() {
    Session session = create("nvidia-t4");
    place(session);

    pass();
    assertThat(api.writes).isEmpty();

    passAfter(Duration.ofSeconds(31));
    assertThat(mirror(session).getStatus().state()).isEqualTo(State.STARTING);
  }

  @Test
  void whileManyPodsAreMadeOnlyALittleIsToldButWhatSomebodyWantsIsDone() {
    for (int i = 0; i < 7; i++) {
      requests.create(new Owner("person-" + i), Sessions.spec("nvidia-t4", 1), request(i), now);
    }
    launching = true;
    pass();
    assertThat(api.all()).hasSize(5);

    apply("training", "owner: bob");
    passAfter(Duration.ofMillis(500));
    assertThat(api.get("training").getStatus()).isNull();
    passAfter(Duration.ofMillis(500));
    assertThat(api.get("training").getStatus().state()).isEqualTo(State.QUEUED);
    api.personDeletes("training");
    passAfter(Duration.ofSeconds(1));
    assertThat(api.all()).hasSize(7);

    launching = false;
    pass();
    assertThat(api.all()).allMatch(object -> object.getStatus() != null);
  }

  @Test
  void whatBelongsToAnotherInstallationIsNotTouched() {
    NotebookSession other = object("other", "owner: bob");
    other.getMetadata().setLabels(Map.of(Labels.INSTALLATION, "staging"));
    api.person(other);

    pass();

    assertThat(api.writes).isEmpty();
    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void onlyTheLeaderWritesAndOnlyWhenItHasSeenAll() {
    create("nvidia-t4");
    leads = false;
    pass();
    leads = true;
    synced = false;
    pass();
    assertThat(api.writes).isEmpty();

    synced = true;
    pass();

    assertThat(api.writes).hasSize(2);
  }

  private String missingQueue = "absent";

  private SessionObjects controller() {
    return new SessionObjects(
        cache,
        () -> synced,
        store::unfinished,
        new SessionObjectReconciler(
            api,
            requests,
            this::objection,
            new SpecReader(Allowance.USUAL),
            cache::link,
            "notebay",
            RETENTION),
        NAMESPACE,
        "notebay",
        () -> leads,
        () -> launching,
        () -> now,
        writers);
  }

  private Optional<SchedulerException> objection(SessionSpec spec) {
    return spec.queue().equals(missingQueue)
        ? Optional.of(new QueueNotFound(spec.queue(), "default"))
        : Optional.empty();
  }

  private void pass() {
    objects.runOnce();
  }

  private void passAfter(Duration time) {
    now = now.plus(time);
    pass();
  }

  private static RequestKey request(int number) {
    return new RequestKey(new UUID(5, number), "00");
  }

  private Session create(String type) {
    return requests
        .create(ADA, Sessions.spec(type, 1), new RequestKey(UUID.randomUUID(), "00"), now)
        .session();
  }

  private NotebookSession apply(String name, String spec) {
    return api.person(object(name, spec));
  }

  private static NotebookSession object(String name, String spec) {
    var object = new NotebookSession();
    object.getMetadata().setName(name);
    object.getMetadata().setNamespace(NAMESPACE);
    object.setSpec(Serialization.unmarshal(spec, NotebookSessionSpec.class));
    return object;
  }

  private Session only() {
    assertThat(store.unfinished()).hasSize(1);
    return store.unfinished().getFirst();
  }

  private NotebookSession mirror(Session session) {
    return api.get("s" + session.id());
  }

  private Session find(Session session) {
    return store.find(session.id()).orElseThrow();
  }

  private void place(Session session) {
    write(
        session,
        new SessionEvent.Placed(
            new Assignment("node-1", "nvidia-t4", List.of("node-1-" + ids), now)));
  }

  private void claim(Session session) {
    write(session, new SessionEvent.Claimed("uid", now));
  }

  private void ready(Session session) {
    write(session, new SessionEvent.Ready("uid", Sessions.JUPYTER, now));
  }

  private void write(Session session, SessionEvent event) {
    store.replace(find(session).on(event).orElseThrow());
  }

  private static String uid(NotebookSession object) {
    return object.getMetadata().getUid();
  }

  private static final class NoAgents implements Agents {
    @Override
    public boolean isConnected(SessionId session) {
      return false;
    }

    @Override
    public Optional<AgentReport> lastReport(SessionId session) {
      return Optional.empty();
    }
  }
}
