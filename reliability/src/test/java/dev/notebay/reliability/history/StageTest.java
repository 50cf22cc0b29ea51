package dev.notebay.reliability.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StageTest {
  private static final SessionSpec WITH_VOLUME = Sessions.spec("nvidia-t4", 1);
  private static final SessionSpec WITHOUT_VOLUME =
      new SessionSpec(
          "",
          WITH_VOLUME.accelerator(),
          WITH_VOLUME.compute(),
          Optional.empty(),
          WITH_VOLUME.policy());

  @Test
  void theWaysAreThoseThatSessionsReallyGo() {
    Map<Stage, Set<Stage>> gone = new EnumMap<>(Stage.class);
    var random = new SplittableRandom(1);
    for (int walk = 0; walk < 3000; walk++) {
      Session session = Sessions.queued(walk, walk % 2 == 0 ? WITH_VOLUME : WITHOUT_VOLUME);
      for (int step = 0; step < 20; step++) {
        Optional<Session> next = session.on(ControlPlane.event(random, Sessions.NOON));
        if (next.isPresent()) {
          assertThat(next.get().version()).isEqualTo(session.version() + 1);
          gone.computeIfAbsent(stage(session.state()), _ -> EnumSet.noneOf(Stage.class))
              .add(stage(next.get().state()));
          session = next.get();
        }
      }
    }

    for (Stage stage : Stage.values()) {
      assertThat(gone.getOrDefault(stage, Set.of())).as("%s", stage).isEqualTo(stage.next());
    }
  }

  @Test
  void manyChangesLeadWhereFewLeadThatAreAsEvenOrOdd() {
    Set<Stage> queued = EnumSet.of(Stage.QUEUED);
    for (int changes = 0; changes < 60; changes++) {
      Set<Stage> reached = queued;
      for (int count = 0; count < changes; count++) {
        reached = Stage.after(reached, 1);
      }
      assertThat(Stage.after(queued, changes)).isEqualTo(reached);
    }
  }

  private static Stage stage(SessionState state) {
    return switch (state) {
      case Queued _ -> Stage.QUEUED;
      case Starting(_, var claimedBy) -> claimedBy.isEmpty() ? Stage.UNCLAIMED : Stage.CLAIMED;
      case Running _ -> Stage.RUNNING;
      case Stopping _ -> Stage.STOPPING;
      case Ended(_, _, _, var volumeHeld) -> volumeHeld ? Stage.HOLDING : Stage.ENDED;
    };
  }
}
