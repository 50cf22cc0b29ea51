package dev.notebay.scheduler.core.reconcile;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.after;
import static dev.notebay.scheduler.core.Sessions.id;
import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.Sessions.queued;
import static dev.notebay.scheduler.core.Sessions.running;
import static dev.notebay.scheduler.core.Sessions.spec;
import static dev.notebay.scheduler.core.Sessions.starting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
  private static final RuntimeName FIRST = new RuntimeName(id(1), 1);
  private static final RuntimeView RUNS = new RuntimeView.Running(FIRST);
  private static final RuntimeView OVER =
      new RuntimeView.Ended(FIRST, EndReason.RUNTIME_LOST, "killed by SIGKILL", NOON);

  private final Session queued = queued(1, spec("nvidia-t4", 1));
  private final Session starting = starting(1, spec("nvidia-t4", 1), "a", "a-0");
  private final Session running = running(1, spec("nvidia-t4", 1), "a", "a-0");
  private final Session stopping =
      after(running, new StopAsked(EndReason.USER_REQUEST, "asked", NOON.plusSeconds(10)));
  private final Session ended =
      after(stopping, new RuntimeGone(EndReason.USER_REQUEST, "asked", NOON.plusSeconds(20)));

  private final WaitingLine line = Sessions.line(List::of);
  private final Reconciler reconciler = new Reconciler(line, Limits.USUAL);

  private List<Step> decide(
      @Nullable Session session, @Nullable RuntimeView runtime, Duration afterNoon) {
    Optional.ofNullable(session).ifPresent(line::changed);
    return reconciler.decide(
        new View(
            Optional.ofNullable(session).filter(ReconcilerTest::waits).stream().toList(),
            Optional.ofNullable(session).filter(each -> !waits(each)).stream().toList(),
            Optional.ofNullable(runtime).stream().toList(),
            List.of(node("a", 1, "nvidia-t4")),
            NOON,
            at(afterNoon)));
  }

  private static boolean waits(Session session) {
    return session.state() instanceof Queued;
  }

  private static Instant at(Duration afterNoon) {
    return NOON.plus(afterNoon);
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  @Test
  void placesAQueuedSession() {
    assertThat(decide(queued, null, seconds(5)))
        .containsExactly(
            new Step.Write(
                after(
                    queued,
                    new Placed(new Assignment("a", "nvidia-t4", List.of("a-0"), at(seconds(5)))))));
  }

  @Test
  void startsAPlacedSessionThatHasNoRuntime() {
    assertThat(decide(starting, null, seconds(5))).containsExactly(new Step.Start(starting));
  }

  @Test
  void waitsForAStartingRuntime() {
    assertThat(decide(starting, RUNS, seconds(100))).isEmpty();
  }

  @Test
  void givesUpAStartThatTakesTooLong() {
    assertThat(decide(starting, RUNS, seconds(122)))
        .containsExactly(
            new Step.Write(
                after(
                    starting,
                    new StopAsked(
                        EndReason.START_TIMEOUT,
                        "the runtime was not ready within 120 s",
                        at(seconds(122))))));
  }

  @Test
  void givesAStartItsTimeAgainThatNobodyWatched() {
    Instant back = at(Duration.ofHours(1));
    var view =
        new View(
            List.of(),
            List.of(starting),
            List.of(RUNS),
            List.of(node("a", 1, "nvidia-t4")),
            back,
            back);

    assertThat(reconciler.decide(view)).isEmpty();
  }

  @Test
  void endsASessionWhoseNoticeIsOverEvenIfItsAgentDoesNot() {
    Session noticed = after(running, new PreemptionNoticed(at(seconds(60)), at(seconds(10))));

    assertThat(decide(noticed, RUNS, seconds(60))).isEmpty();
    assertThat(decide(noticed, RUNS, seconds(61)))
        .containsExactly(new Step.Write(after(noticed, StopAsked.noticeIsOver(at(seconds(61))))));
  }

  @Test
  void failsAStartWhoseRuntimeEnded() {
    assertThat(decide(starting, OVER, seconds(5)))
        .containsExactly(
            new Step.WriteIfGone(
                FIRST,
                after(
                    starting,
                    new RuntimeGone(EndReason.START_FAILED, "killed by SIGKILL", at(seconds(5))))));
  }

  @Test
  void failsAStartForTheReasonThatItsRuntimeTells() {
    var outOfMemory =
        new RuntimeView.Ended(FIRST, EndReason.KERNEL_OUT_OF_MEMORY, "too much", NOON);

    assertThat(decide(starting, outOfMemory, seconds(5)))
        .containsExactly(
            new Step.WriteIfGone(
                FIRST,
                after(
                    starting,
                    new RuntimeGone(EndReason.KERNEL_OUT_OF_MEMORY, "too much", at(seconds(5))))));
  }

  @Test
  void givesEachPhaseOfAStartItsOwnTime() {
    RuntimeView pulling = pulling(Optional.empty());

    assertThat(decide(starting, pulling, seconds(600))).isEmpty();
    assertThat(decide(starting, pulling, seconds(601)))
        .containsExactly(
            new Step.Write(
                after(
                    starting,
                    new StopAsked(
                        EndReason.IMAGE_UNAVAILABLE,
                        "its image cannot be pulled within 600 s: try again",
                        at(seconds(601))))));
  }

  @Test
  void givesUpAHopelessStartAtOnce() {
    assertThat(decide(starting, pulling(Optional.of(EndReason.IMAGE_UNAVAILABLE)), seconds(1)))
        .containsExactly(
            new Step.Write(
                after(
                    starting,
                    new StopAsked(EndReason.IMAGE_UNAVAILABLE, "try again", at(seconds(1))))));
  }

  @Test
  void endsARuntimeThatIsStillStartingWhenNobodyWantsIt() {
    assertThat(decide(null, pulling(Optional.empty()), seconds(1)))
        .containsExactly(new Step.Terminate(FIRST));
  }

  private static RuntimeView pulling(Optional<EndReason> hopeless) {
    return new RuntimeView.Starting(FIRST, StartPhase.IMAGE, NOON, "try again", hopeless);
  }

  @Test
  void leavesARunningSessionAloneHoweverLongItsAgentIsSilent() {
    assertThat(decide(running, RUNS, Duration.ofHours(11))).isEmpty();
  }

  @Test
  void stopsASessionWhoseRuntimeIsGone() {
    assertThat(decide(running, OVER, seconds(5)))
        .containsExactly(
            new Step.WriteIfGone(
                FIRST,
                after(
                    running,
                    new RuntimeGone(EndReason.RUNTIME_LOST, "killed by SIGKILL", at(seconds(5))))));
    assertThat(decide(running, null, seconds(5))).hasSize(1);
  }

  @Test
  void cutsASessionThatItsAgentShouldHaveCutAtItsMaximumLifetime() {
    assertThat(decide(running, RUNS, Duration.ofHours(12).plusMinutes(1))).isEmpty();
    assertThat(decide(running, RUNS, Duration.ofHours(12).plusMinutes(3))).hasSize(1);
  }

  @Test
  void givesAStoppingRuntimeTimeAndThenForcesIt() {
    assertThat(decide(stopping, RUNS, seconds(15)))
        .as("its agent is told by the replica that it is connected to")
        .isEmpty();
    assertThat(decide(stopping, RUNS, seconds(31))).containsExactly(new Step.Terminate(FIRST));
  }

  @Test
  void freesTheDevicesOnlyWhenNothingRunsAnyMore() {
    assertThat(decide(stopping, RUNS, Duration.ofHours(1)))
        .noneMatch(step -> step instanceof Step.Write || step instanceof Step.WriteIfGone);
    assertThat(decide(stopping, OVER, seconds(15)))
        .containsExactly(
            new Step.WriteIfGone(
                FIRST,
                after(
                    stopping, new RuntimeGone(EndReason.USER_REQUEST, "asked", at(seconds(15))))));
  }

  @Test
  void releasesTheVolumeAndRemovesTheRemainsOfAnEndedSession() {
    assertThat(decide(ended, OVER, seconds(30)))
        .containsExactly(new Step.ReleaseVolume(ended), new Step.Remove(FIRST));
  }

  @Test
  void endsARuntimeThatNoSessionWants() {
    assertThat(decide(null, RUNS, seconds(1))).containsExactly(new Step.Terminate(FIRST));
    assertThat(decide(ended, RUNS, seconds(30))).contains(new Step.Terminate(FIRST));
  }

  @Test
  void endsTheRuntimeOfAnEarlierAttempt() {
    Session secondAttempt =
        after(
            starting,
            new dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy("", NOON, NOON),
            new Placed(new Assignment("a", "nvidia-t4", List.of("a-0"), NOON)));

    assertThat(decide(secondAttempt, RUNS, seconds(1)))
        .contains(new Step.Terminate(FIRST), new Step.Start(secondAttempt));
  }

  @Test
  void failsAQueuedSessionThatTheFleetCanNoLongerGive() {
    line.changed(queued);
    var steps =
        reconciler.decide(
            new View(
                List.of(queued),
                List.of(),
                List.of(),
                List.of(node("a", 0, "nvidia-t4")),
                NOON,
                NOON));

    assertThat(steps)
        .singleElement()
        .isInstanceOfSatisfying(
            Step.Write.class,
            write -> assertThat(write.next().state().label()).isEqualTo("FAILED"));
  }
}
