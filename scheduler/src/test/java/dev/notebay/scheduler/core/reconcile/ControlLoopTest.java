package dev.notebay.scheduler.core.reconcile;

import static dev.notebay.scheduler.core.Sessions.ADA;
import static dev.notebay.scheduler.core.Sessions.JUPYTER;
import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.Sessions.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.FakeLauncher;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.EndWish;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.ForwardingSessionStore;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import dev.notebay.scheduler.core.volume.Volumes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Lives of sessions, told step by step under a clock that the test moves. */
class ControlLoopTest {
  private Instant now = NOON;
  private final InMemorySessionStore store = new InMemorySessionStore(() -> now);
  private final Refusing refusing = new Refusing(store);
  private final FakeLauncher launcher = new FakeLauncher();
  private final FakeVolumes volumes = new FakeVolumes();
  private final FakeLinks links = new FakeLinks();
  private final WaitingLine line = Sessions.line(() -> List.of(node("a", 1, "nvidia-t4")));
  private final UnfinishedSessions unfinished =
      new UnfinishedSessions(store, line::changed, line::over);
  private final List<Session> changes = new ArrayList<>();
  private final List<Step> failures = new ArrayList<>();
  private final FakeAgents agents = new FakeAgents();
  private final Queue<Runnable> background = new ArrayDeque<>();
  private Duration decidingTakes = Duration.ZERO;
  private Runnable meanwhile = () -> {};
  private int ids;

  private final SessionRequests requests =
      new SessionRequests(
          store, line, agents, Allowance.USUAL, () -> new UUID(1, ++ids), changes::add);

  private final ControlLoop loop =
      new ControlLoop(
          refusing,
          unfinished,
          launcher,
          volumes,
          links,
          new Leadership(store, "replica", this::nanoTime),
          new SharedClock(this::nanoTime),
          () -> {
            now = now.plus(decidingTakes);
            return List.of(node("a", 1, "nvidia-t4"));
          },
          new Reconciler(line, Limits.USUAL),
          _ -> meanwhile.run(),
          changes::add,
          (step, failure) -> failures.add(step),
          background::add);

  private SessionId create(String accelerator) {
    Accelerator wanted =
        accelerator.equals("none") ? Accelerator.NONE : new Accelerator(accelerator, 1);
    pass(Duration.ofSeconds(1));
    return requests
        .create(ADA, spec(wanted), new RequestKey(new UUID(2, ids), "digest"), now)
        .session()
        .id();
  }

  private Session wish(RuntimeName name, EndReason reason, long generation, Instant asOf) {
    return requests.endRequest(name, new EndWish(reason, "", generation, asOf), () -> now);
  }

  private long nanoTime() {
    return Duration.between(NOON, now).toNanos();
  }

  /**
   * Passes until nothing changes, as a restarted scheduler would too: each with a loop of its own.
   */
  private void pass(Duration later) {
    now = now.plus(later);
    for (int passes = 0; passes < 10 && loop.runOnce(); passes++) {}
  }

  private String state(SessionId id) {
    return session(id).state().label();
  }

  private Session session(SessionId id) {
    return store.find(id).orElseThrow();
  }

  private RuntimeName run(SessionId id) {
    pass(Duration.ofSeconds(1));
    var name = new RuntimeName(id, session(id).attempt());
    requests.claim(name, "uid-" + id, now);
    requests.ready(name, "uid-" + id, JUPYTER, now);
    return name;
  }

  @Test
  void whereLookingTakesLongWhatHasChangedIsSeenToAtOnceAndAllElseWithinASecond() {
    decidingTakes = Duration.ofMillis(50);
    SessionId lost = create("none");
    RuntimeName runtime = run(lost);
    SessionId fresh = create("none");
    launcher.end(runtime, EndReason.RUNTIME_LOST, "it fell");

    now = now.plusMillis(100);
    loop.runOnce();
    loop.runOnce();

    assertThat(state(lost)).isEqualTo("RUNNING");
    assertThat(state(fresh)).isEqualTo("STARTING");
    assertThat(launcher.launches()).last().extracting(LaunchRequest::name).isEqualTo(nameOf(fresh));

    pass(Duration.ofSeconds(1));
    assertThat(state(lost)).isEqualTo("FAILED");
  }

  @Test
  void ofVeryManyEachIsLookedAtInTheEnd() {
    for (int i = 0; i < 9_000; i++) {
      launchForNobody(new RuntimeName(new SessionId(new UUID(3, i)), 1));
    }

    now = now.plusSeconds(1);
    int passes = 1;
    while (loop.runOnce()) {
      passes++;
    }

    assertThat(passes).isBetween(2, 12);
    assertThat(launcher.list()).hasSize(9_000).allMatch(RuntimeView.Ended.class::isInstance);
  }

  @Test
  void passesGoOnWhileVeryManyRuntimesAreListed() {
    var nobodys = new RuntimeName(new SessionId(new UUID(3, 0)), 1);
    launchForNobody(nobodys);
    for (int i = 0; i < 4_000; i++) {
      place(new SessionId(new UUID(5, i)));
    }

    SessionId fresh = create("none");
    pass(Duration.ofSeconds(1));
    assertThat(background).hasSize(1);
    assertThat(state(fresh)).isEqualTo("STARTING");
    assertThat(launcher.look(nobodys)).get().isInstanceOf(RuntimeView.Running.class);

    background.remove().run();
    pass(Duration.ofSeconds(1));
    assertThat(launcher.look(nobodys)).get().isInstanceOf(RuntimeView.Ended.class);
  }

  private void place(SessionId id) {
    Session queued = Session.queued(id, new Owner("person-" + id), spec(Accelerator.NONE), now);
    store.insert(queued, new RequestKey(id.value(), "digest"), 1);
    store.replace(
        queued.on(new Placed(new Assignment("elsewhere", "none", List.of(), now))).orElseThrow());
  }

  private void launchForNobody(RuntimeName name) {
    launcher.launch(
        new LaunchRequest(
            name,
            ADA,
            Accelerator.NONE,
            spec(Accelerator.NONE).compute(),
            new Assignment("a", "none", List.of(), now),
            Optional.empty()));
  }

  private RuntimeName nameOf(SessionId id) {
    return new RuntimeName(id, session(id).attempt());
  }

  @Test
  void aPlacementThatHadToWaitIsDecidedAnewSoThatItBeginsWhenItIsMade() {
    SessionId session = create("none");
    decidingTakes = Duration.ofSeconds(3);

    loop.runOnce();
    assertThat(state(session)).isEqualTo("QUEUED");

    decidingTakes = Duration.ZERO;
    Instant later = now;
    loop.runOnce();
    assertThat(session(session).state().held().orElseThrow().at()).isEqualTo(later);
  }

  @Test
  void oneSessionThatCannotBeWrittenKeepsNoOtherFromBeingWritten() {
    SessionId first = create("none");
    SessionId broken = secondRequest();
    refusing.refused.add(broken);

    loop.runOnce();

    assertThat(state(first)).isEqualTo("STARTING");
    assertThat(state(broken)).isEqualTo("QUEUED");
    assertThat(failures).singleElement().isInstanceOf(Step.Write.class);
  }

  @Test
  void oneSessionThatSomebodyElseHasChangedKeepsNoOtherFromBeingWritten() {
    SessionId first = create("none");
    SessionId stopped = secondRequest();
    meanwhile =
        () -> {
          requests.stop(ADA, stopped, Optional.empty(), now);
          changes.clear();
        };

    loop.runOnce();

    assertThat(changes).extracting(Session::id).containsExactly(first);
    assertThat(state(first)).isEqualTo("STARTING");
    assertThat(state(stopped)).isEqualTo("STOPPED");
  }

  private SessionId secondRequest() {
    return requests
        .create(ADA, spec(Accelerator.NONE), new RequestKey(new UUID(2, 99), "digest"), now)
        .session()
        .id();
  }

  @Test
  void aSessionIsPlacedStartedStoppedAndGivesItsDeviceToTheNext() {
    SessionId first = create("nvidia-t4");
    SessionId second = create("nvidia-t4");
    RuntimeName runtime = run(first);

    assertThat(state(first)).isEqualTo("RUNNING");
    assertThat(state(second)).isEqualTo("QUEUED");
    assertThat(requests.get(ADA, second, now).waiting().orElseThrow().position()).isEqualTo(1);
    assertThat(launcher.launches()).hasSize(1);
    assertThat(launcher.launches().getFirst().volume()).contains("/volumes/drive");

    requests.stop(ADA, first, Optional.empty(), now);
    pass(Duration.ofSeconds(1));
    assertThat(state(first)).isEqualTo("STOPPING");
    assertThat(state(second)).isEqualTo("QUEUED");
    assertThat(links.stopped).contains(runtime);

    launcher.end(runtime, EndReason.USER_REQUEST, "ended as told");
    pass(Duration.ofSeconds(1));
    assertThat(state(first)).isEqualTo("STOPPED");
    assertThat(state(second)).isEqualTo("STARTING");
    assertThat(volumes.unmounted).contains(runtime);
    assertThat(launcher.list()).extracting(view -> view.name().session()).containsOnly(second);
  }

  @Test
  void onlyOneRuntimeMayClaimAnAttempt() {
    SessionId id = create("none");
    pass(Duration.ofSeconds(1));
    var name = new RuntimeName(id, 1);

    requests.claim(name, "first", now);
    requests.claim(name, "first", now);

    assertThatThrownBy(() -> requests.claim(name, "second", now)).isInstanceOf(ClaimRefused.class);
    assertThatThrownBy(() -> requests.claim(new RuntimeName(id, 2), "first", now))
        .isInstanceOf(ClaimRefused.class);
  }

  @Test
  void aRuntimeThatComesUpAfterItsSessionWasStoppedIsRefusedAndRemoved() {
    SessionId id = create("none");
    pass(Duration.ofSeconds(1));
    requests.stop(ADA, id, Optional.empty(), now);

    assertThatThrownBy(() -> requests.claim(new RuntimeName(id, 1), "late", now))
        .isInstanceOf(ClaimRefused.class);
    pass(Duration.ofSeconds(30));
    pass(Duration.ofSeconds(1));

    assertThat(state(id)).isEqualTo("STOPPED");
    assertThat(launcher.list()).isEmpty();
  }

  @Test
  void anAgentsWishToEndIsFollowedOnlyOnThePolicyOfNow() {
    SessionId id = create("none");
    RuntimeName name = run(id);
    requests.extend(ADA, id, Optional.empty(), now);

    Session kept = wish(name, EndReason.IDLE_TIMEOUT, 1, now);
    assertThat(kept.state().label()).isEqualTo("RUNNING");

    Session cut = wish(name, EndReason.IDLE_TIMEOUT, 2, now);
    assertThat(cut.state().label()).isEqualTo("STOPPING");
  }

  @Test
  void anIdleWishThatWasLongUnderWayEndsNothing() {
    RuntimeName name = run(create("none"));

    assertThat(wish(name, EndReason.IDLE_TIMEOUT, 1, now.minusSeconds(4)).state().label())
        .isEqualTo("RUNNING");
    assertThat(wish(name, EndReason.IDLE_TIMEOUT, 1, now.minusSeconds(2)).state().label())
        .isEqualTo("STOPPING");
  }

  @Test
  void anIdleWishThatActivityHasOvertakenEndsNothing() {
    SessionId id = create("none");
    RuntimeName name = run(id);
    agents.report =
        Optional.of(
            new AgentReport(
                Optional.of(
                    new AgentReport.Activity(
                        true, now, Optional.empty(), Optional.empty(), false, "executes")),
                1,
                0,
                now));

    assertThat(wish(name, EndReason.IDLE_TIMEOUT, 1, now).state().label()).isEqualTo("RUNNING");
    assertThat(wish(name, EndReason.MAX_LIFETIME, 1, now).state().label()).isEqualTo("STOPPING");
  }

  @Test
  void aStepThatFailsDoesNotKeepTheOthersFromBeingTaken() {
    launcher.breakFor(2);
    SessionId first = create("none");
    SessionId second = create("none");
    pass(Duration.ofSeconds(1));

    assertThat(failures).isNotEmpty();
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));
    assertThat(launcher.launches())
        .extracting(launch -> launch.name().session())
        .containsExactlyInAnyOrder(first, second);
  }

  @Test
  void aSilentStorageGatewayIsNotAskedAgainInTheSamePass() {
    volumes.answer = Optional.of(new Volumes.Mounting.Unavailable("no answer"));
    create("none");
    create("none");
    volumes.mounts = 0;
    pass(Duration.ofSeconds(20));

    assertThat(volumes.mounts).isEqualTo(1);
  }

  @Test
  void anExtensionNeverPassesTheMaximumLifetime() {
    SessionId id = create("none");
    run(id);

    requests.extend(ADA, id, Optional.of(Duration.ofDays(3)), now);

    assertThat(session(id).extendUntil()).isEqualTo(session(id).lifetimeEnd());
  }

  @Test
  void whatCannotBeLaunchedFailsWithTheReason() {
    launcher.refuse("bubblewrap is missing: apt-get install bubblewrap");
    SessionId id = create("none");
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));

    assertThat(state(id)).isEqualTo("FAILED");
    assertThat(session(id).state())
        .isInstanceOfSatisfying(
            Ended.class,
            ended -> {
              assertThat(ended.reason()).isEqualTo(EndReason.START_FAILED);
              assertThat(ended.message())
                  .isEqualTo("bubblewrap is missing: apt-get install bubblewrap");
            });
  }

  @Test
  void aMissingVolumeFailsTheSessionAndASilentGatewayOnlyDelaysIt() {
    volumes.answer = Optional.of(new Volumes.Mounting.Unavailable("no answer"));
    SessionId delayed = create("none");
    pass(Duration.ofSeconds(60));
    assertThat(state(delayed)).isEqualTo("STARTING");

    volumes.answer = Optional.empty();
    pass(Duration.ofSeconds(4));
    assertThat(launcher.launches()).hasSize(1);

    volumes.answer = Optional.of(new Volumes.Mounting.NotFound("volume data does not exist"));
    SessionId failed = create("none");
    pass(Duration.ofSeconds(1));
    assertThat(((Ended) session(failed).state()).reason()).isEqualTo(EndReason.VOLUME_NOT_FOUND);
  }

  @Test
  void aRefusedVolumeFailsTheSessionAtOnceInTheGatewaysWords() {
    volumes.answer = Optional.of(new Volumes.Mounting.Refused("volumes/drive is in the trash"));
    SessionId id = create("none");
    pass(Duration.ofSeconds(1));
    Ended ended = (Ended) session(id).state();
    assertThat(ended.reason()).isEqualTo(EndReason.START_FAILED);
    assertThat(ended.message()).isEqualTo("volumes/drive is in the trash");
  }

  @Test
  void aVolumeInUseSendsTheSessionBackIntoTheQueueAndFreesItsDevice() {
    volumes.answer = Optional.of(new Volumes.Mounting.InUse("held by session x"));
    SessionId id = create("nvidia-t4");
    pass(Duration.ofSeconds(1));

    assertThat(state(id)).isEqualTo("QUEUED");
    assertThat(session(id).state().held()).isEmpty();

    volumes.answer = Optional.empty();
    pass(Duration.ofSeconds(10));
    assertThat(state(id)).isEqualTo("STARTING");
    assertThat(session(id).attempt()).isGreaterThan(1);
  }

  @Test
  void aRuntimeWhoseSessionNobodyKnowsIsEndedAndRemoved() {
    launchForNobody(new RuntimeName(new SessionId(new UUID(9, 9)), 1));

    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));

    assertThat(launcher.list()).isEmpty();
  }

  @Test
  void aRepeatedRequestMakesOneSession() {
    var key = new RequestKey(new UUID(3, 3), "digest");
    var once = requests.create(ADA, spec(Accelerator.NONE), key, now);
    var twice = requests.create(ADA, spec(Accelerator.NONE), key, now);

    assertThat(twice.session()).isEqualTo(once.session());
    assertThat(requests.create(new Owner("bob"), spec(Accelerator.NONE), key, now).session().id())
        .isNotEqualTo(once.session().id());
  }

  /** Cannot keep some sessions, nor those that are written with them. */
  private static final class Refusing extends ForwardingSessionStore {
    private final Set<SessionId> refused = new HashSet<>();

    Refusing(SessionStore store) {
      super(store);
    }

    @Override
    public List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
      if (next.stream().map(Session::id).anyMatch(refused::contains)) {
        throw new IllegalStateException("cannot be kept");
      }
      return super.replaceAll(next, epoch);
    }
  }

  private static final class FakeVolumes implements Volumes {
    private Optional<Mounting> answer = Optional.empty();
    private final List<RuntimeName> unmounted = new ArrayList<>();
    private int mounts;

    @Override
    public Mounting mount(Owner owner, String volume, RuntimeName runtime, String node) {
      mounts++;
      return answer.orElseGet(() -> new Mounting.Mounted("/volumes/" + volume));
    }

    @Override
    public boolean unmount(RuntimeName runtime) {
      unmounted.add(runtime);
      return true;
    }
  }

  private static final class FakeLinks implements AgentLinks {
    private final List<RuntimeName> stopped = new ArrayList<>();

    @Override
    public void tell(Session session) {
      if (session.state() instanceof Stopping) {
        stopped.add(new RuntimeName(session.id(), session.attempt()));
      }
    }
  }

  private static final class FakeAgents implements Agents {
    private Optional<AgentReport> report = Optional.empty();

    @Override
    public boolean isConnected(SessionId session) {
      return report.isPresent();
    }

    @Override
    public Optional<AgentReport> lastReport(SessionId session) {
      return report;
    }
  }
}
