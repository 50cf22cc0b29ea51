package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.placement.WaitReason;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Activity;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Placement;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Queueing;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SessionObjectMapperTest {
  private static final Session QUEUED = Sessions.queued(0, Sessions.spec("nvidia-t4", 1));
  private static final Session STARTING =
      Sessions.starting(0, Sessions.spec("nvidia-t4", 1), "node-1", "gpu-0");
  private static final Session RUNNING =
      Sessions.running(0, Sessions.spec("nvidia-t4", 1), "node-1", "gpu-0");
  private static final Session IDLE_END =
      Sessions.after(
          RUNNING, new SessionEvent.StopAsked(EndReason.IDLE_TIMEOUT, "idle since 10:00", NOON));

  /** Conditions as {@code Type=Status/Reason}, in the order in which they are shown. */
  static Stream<Arguments> lives() {
    return Stream.of(
        Arguments.of(
            "waits for its turn",
            waiting(QUEUED, WaitReason.ACCELERATOR_BUSY),
            State.QUEUED,
            "Accepted=True/SessionExists Queued=True/AcceleratorBusy Placed=False/Waiting"
                + " VolumesAttached=False/NotPlaced KernelReady=False/NotPlaced Ready=False/Queued"
                + " IdleWarning=False/NotRunning PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "waits for its volume",
            waiting(
                Sessions.after(
                    STARTING, new SessionEvent.VolumeBusy("held by another session", NOON, NOON)),
                WaitReason.VOLUME_IN_USE),
            State.QUEUED,
            "Accepted=True/SessionExists Queued=True/VolumeInUse Placed=False/Waiting"
                + " VolumesAttached=False/VolumeInUse KernelReady=False/NotPlaced"
                + " Ready=False/Queued IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "has been placed",
            view(STARTING),
            State.STARTING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=False/Attaching KernelReady=False/RuntimeStarting"
                + " Ready=False/Starting IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "its volume cannot be mounted",
            starting(StartPhase.VOLUME),
            State.STARTING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=False/Attaching KernelReady=False/MountingVolumes"
                + " Ready=False/Starting IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "its image is pulled",
            starting(StartPhase.IMAGE),
            State.STARTING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=False/PullingImage"
                + " Ready=False/Starting IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "its agent has asked for it",
            view(Sessions.after(STARTING, new SessionEvent.Claimed("uid", NOON))),
            State.STARTING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=False/RuntimeStarting"
                + " Ready=False/Starting IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "runs and is used",
            reported(
                RUNNING,
                new AgentReport.Activity(
                    true, NOON, Optional.empty(), Optional.empty(), false, "executes")),
            State.RUNNING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=True/AgentConnected"
                + " Ready=True/JupyterAnswers IdleWarning=False/Active"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "runs and is warned",
            reported(RUNNING, idle(true)),
            State.RUNNING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=True/AgentConnected"
                + " Ready=True/JupyterAnswers IdleWarning=True/StopsSoon"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "runs, its agent is not heard, and its devices are needed",
            view(
                Sessions.after(
                    RUNNING, new SessionEvent.PreemptionNoticed(NOON.plusSeconds(300), NOON))),
            State.RUNNING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=Unknown/AgentNotHeard"
                + " Ready=True/JupyterAnswers IdleWarning=Unknown/NotReported"
                + " PreemptionNotice=True/DevicesNeeded"),
        Arguments.of(
            "is ending",
            view(IDLE_END),
            State.STOPPING,
            "Accepted=True/SessionExists Queued=False/Placed Placed=True/DevicesBooked"
                + " VolumesAttached=True/Attached KernelReady=False/Stopping"
                + " Ready=False/IdleTimeout IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "has ended, its volume not yet released",
            view(gone(IDLE_END)),
            State.STOPPED,
            "Accepted=True/SessionExists Queued=False/Ended Placed=False/Ended"
                + " VolumesAttached=Unknown/Releasing KernelReady=False/Ended"
                + " Ready=False/IdleTimeout IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"),
        Arguments.of(
            "was lost",
            view(
                Sessions.after(
                    gone(
                        Sessions.after(
                            RUNNING,
                            new SessionEvent.RuntimeGone(EndReason.NODE_LOST, "gone", NOON))),
                    new SessionEvent.VolumeReleased(NOON))),
            State.FAILED,
            "Accepted=True/SessionExists Queued=False/Ended Placed=False/Ended"
                + " VolumesAttached=False/Released KernelReady=False/Ended"
                + " Ready=False/NodeLost IdleWarning=False/NotRunning"
                + " PreemptionNotice=False/NoNotice"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lives")
  void everyConditionIsToldInEveryState(
      String life, SessionView view, State state, String conditions) {
    NotebookSessionStatus status = SessionObjectMapper.status(view, null, 3, NOON);

    assertThat(status.state()).isEqualTo(state);
    assertThat(text(status)).isEqualTo(conditions);
    assertThat(status.conditions()).allMatch(each -> each.observedGeneration() == 3);
    assertThat(status.observedGeneration()).isEqualTo(3);
  }

  @Test
  void whoWaitsReadsItsPlaceItsReasonAndItsBound() {
    Session promised =
        Sessions.after(
            QUEUED, new SessionEvent.Promised(Optional.of(NOON.plusSeconds(23 * 60 + 10)), NOON));

    assertThat(
            SessionObjectMapper.status(
                    waiting(promised, WaitReason.WAITING_BEHIND_OTHERS), null, 1, NOON)
                .queue())
        .isEqualTo(
            new Queueing(
                4,
                "WAITING_BEHIND_OTHERS",
                "3 nodes kept for others",
                "25m",
                "2026-01-01T12:23:10Z",
                "2026-01-01T12:10:00Z"));
  }

  @Test
  void whereItIsAndWhatWillEndItIsTold() {
    NotebookSessionStatus status =
        SessionObjectMapper.status(
            reported(RUNNING, idle(false)), null, 1, NOON.plusSeconds(7 * 60 + 59));

    assertThat(status.placement())
        .isEqualTo(new Placement("node-1", List.of("gpu-0"), 1, "2026-01-01T12:00:00Z"));
    assertThat(status.activity())
        .isEqualTo(new Activity("7m", "2026-01-01T13:30:00Z", "IDLE_TIMEOUT", null));
    assertThat(status.accelerator()).isEqualTo("nvidia-t4 x1");
    assertThat(status.readyTime()).isEqualTo("2026-01-01T12:00:00Z");
  }

  @Test
  void aLifetimeThatEndsBeforeTheIdleTimeIsWhatStopsIt() {
    AgentReport.Activity late =
        new AgentReport.Activity(
            false,
            NOON,
            Optional.of(NOON.plus(Duration.ofHours(13))),
            Optional.of(EndReason.IDLE_TIMEOUT),
            false,
            "");

    assertThat(SessionObjectMapper.status(reported(RUNNING, late), null, 1, NOON).activity())
        .isEqualTo(new Activity("0m", "2026-01-02T00:00:00Z", "MAX_LIFETIME", null));
  }

  @Test
  void aConditionKeepsItsTimeWhileItsStatusDoesNotChange() {
    Instant later = NOON.plusSeconds(60);
    NotebookSessionStatus waiting =
        SessionObjectMapper.status(waiting(QUEUED, WaitReason.CPU_BUSY), null, 1, NOON);

    NotebookSessionStatus placed = SessionObjectMapper.status(view(STARTING), waiting, 1, later);

    assertThat(placed.condition("Placed").orElseThrow().lastTransitionTime())
        .isEqualTo(later.toString());
    assertThat(placed.condition("Ready").orElseThrow().lastTransitionTime())
        .isEqualTo(NOON.toString());
    assertThat(placed.condition("Ready").orElseThrow().reason()).isEqualTo("Starting");
  }

  @Test
  void nothingIsNewAFewSecondsLater() {
    SessionView view = reported(RUNNING, idle(true));
    NotebookSessionStatus before = SessionObjectMapper.status(view, null, 1, NOON.plusSeconds(120));

    assertThat(SessionObjectMapper.status(view, before, 1, NOON.plusSeconds(179)))
        .isEqualTo(before);
  }

  @Test
  void aRefusalSaysWhyInEveryCondition() {
    NotebookSessionStatus status =
        SessionObjectMapper.rejected(
            "INVALID_FIELD", "spec.cpu: 0 (expected: 1m to 1000)", null, 2, NOON);

    assertThat(status.state()).isEqualTo(State.REJECTED);
    assertThat(text(status))
        .isEqualTo(
            "Accepted=False/InvalidField Queued=False/NotAccepted Placed=False/NotAccepted"
                + " VolumesAttached=False/NotAccepted KernelReady=False/NotAccepted"
                + " Ready=False/NotAccepted IdleWarning=False/NotAccepted"
                + " PreemptionNotice=False/NotAccepted");
    assertThat(status.condition("Accepted").orElseThrow().message())
        .isEqualTo("spec.cpu: 0 (expected: 1m to 1000)");
  }

  private static String text(NotebookSessionStatus status) {
    return status.conditions() == null
        ? ""
        : status.conditions().stream()
            .map(each -> each.type() + "=" + each.status() + "/" + each.reason())
            .collect(Collectors.joining(" "));
  }

  private static Session gone(Session session) {
    return Sessions.after(
        session, new SessionEvent.RuntimeGone(EndReason.RUNTIME_LOST, "gone", NOON));
  }

  private static AgentReport.Activity idle(boolean warned) {
    return new AgentReport.Activity(
        false,
        NOON,
        Optional.of(NOON.plus(Duration.ofMinutes(90))),
        Optional.of(EndReason.IDLE_TIMEOUT),
        warned,
        "no activity since 12:00");
  }

  private static SessionView view(Session session) {
    return new SessionView(session, Optional.empty(), Optional.empty(), false);
  }

  private static SessionView starting(StartPhase phase) {
    return new SessionView(
        STARTING,
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.of(
            new RuntimeView.Starting(
                new RuntimeName(STARTING.id(), 1), phase, NOON, "because", Optional.empty())));
  }

  private static SessionView waiting(Session session, WaitReason reason) {
    return new SessionView(
        session,
        Optional.of(
            new Standing(
                4,
                reason,
                "3 nodes kept for others",
                Optional.empty(),
                Optional.of(NOON.plusSeconds(610)))),
        Optional.empty(),
        false);
  }

  private static SessionView reported(Session session, AgentReport.Activity activity) {
    return new SessionView(
        session,
        Optional.empty(),
        Optional.of(new AgentReport(Optional.of(activity), 1, 0, NOON)),
        true);
  }
}
