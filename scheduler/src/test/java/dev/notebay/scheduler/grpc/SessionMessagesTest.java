package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.after;
import static dev.notebay.scheduler.core.Sessions.queued;
import static dev.notebay.scheduler.core.Sessions.running;
import static dev.notebay.scheduler.core.Sessions.spec;
import static dev.notebay.scheduler.core.Sessions.starting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.proto.session.v1.ActivityStatus;
import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.QueueStatus;
import dev.notebay.proto.session.v1.Session.Reason;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.placement.WaitReason;
import dev.notebay.scheduler.core.queue.Standing;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SessionMessagesTest {
  private static final Instant NOTICE = NOON.plusSeconds(600);

  private final Session runs = running(1, spec("nvidia-t4", 1), "a", "a-0");
  private final Session starts = starting(1, spec("nvidia-t4", 1), "a", "a-0");
  private final Session noticed = after(runs, new PreemptionNoticed(NOTICE, NOON));

  private static ActivityStatus activity(Session session, Instant stopAt, EndReason stopReason) {
    var report =
        new AgentReport(
            Optional.of(
                new AgentReport.Activity(
                    true, NOON, Optional.of(stopAt), Optional.of(stopReason), false, "busy")),
            1,
            0,
            NOON);
    return SessionMessages.toMessage(
            new SessionView(session, Optional.empty(), Optional.of(report), true))
        .getActivity();
  }

  @Test
  void tellsANoticeAlsoBeforeTheAgentHasHeardOfIt() {
    var status = activity(noticed, NOON.plusSeconds(9999), EndReason.MAX_LIFETIME);

    assertThat(SessionMessages.instant(status.getStopTime())).isEqualTo(NOTICE);
    assertThat(status.getStopReason()).isEqualTo(Reason.REASON_PREEMPTED);
  }

  @Test
  void tellsANoticeForWhatTheAgentTakesForTheEndOfItsLifetime() {
    var status = activity(noticed, NOTICE, EndReason.MAX_LIFETIME);

    assertThat(status.getStopReason()).isEqualTo(Reason.REASON_PREEMPTED);
  }

  @Test
  void tellsTheIdleCutThatComesBeforeTheNotice() {
    var status = activity(noticed, NOTICE.minusSeconds(1), EndReason.IDLE_TIMEOUT);

    assertThat(status.getStopReason()).isEqualTo(Reason.REASON_IDLE_TIMEOUT);
    assertThat(SessionMessages.instant(status.getStopTime())).isEqualTo(NOTICE.minusSeconds(1));
  }

  @Test
  void tellsHowFarAStartIs() {
    var start =
        new RuntimeView.Starting(
            new RuntimeName(starts.id(), starts.attempt()),
            StartPhase.IMAGE,
            NOON,
            "the registry does not answer",
            Optional.empty());
    var view =
        new SessionView(starts, Optional.empty(), Optional.empty(), false, Optional.of(start));

    assertThat(SessionMessages.toMessage(view).getConditionsList())
        .filteredOn(condition -> condition.getType().equals("RuntimeStarted"))
        .singleElement()
        .satisfies(
            condition -> {
              assertThat(condition.getStatus()).isEqualTo(Condition.Status.STATUS_FALSE);
              assertThat(condition.getReason()).isEqualTo("PullingImage");
              assertThat(condition.getMessage())
                  .isEqualTo("its image is pulled: the registry does not answer");
            });
  }

  @Test
  void tellsANoticeAsAConditionWhenNothingIsHeardOfTheAgent() {
    var view = new SessionView(noticed, Optional.empty(), Optional.empty(), false);

    assertThat(SessionMessages.toMessage(view).getConditionsList())
        .filteredOn(condition -> condition.getType().equals("PreemptionNotice"))
        .singleElement()
        .satisfies(
            condition -> {
              assertThat(condition.getStatus()).isEqualTo(Condition.Status.STATUS_TRUE);
              assertThat(condition.getMessage()).contains(NOTICE.toString());
            });
  }

  @Test
  void tellsByWhenAWaitingSessionStartsOnlyIfThereIsABound() {
    Session waits = queued(2, spec("nvidia-t4", 1));
    Session promised = after(waits, new Promised(Optional.of(NOTICE), NOON));

    assertThat(queueOf(waits).hasStartBy()).isFalse();
    assertThat(SessionMessages.instant(queueOf(promised).getStartBy())).isEqualTo(NOTICE);
  }

  private static QueueStatus queueOf(Session session) {
    var waiting =
        new Standing(
            1, WaitReason.ACCELERATOR_BUSY, "all are taken", Optional.of(NOON), Optional.of(NOON));
    return SessionMessages.toMessage(
            new SessionView(session, Optional.of(waiting), Optional.empty(), false))
        .getQueue();
  }
}
