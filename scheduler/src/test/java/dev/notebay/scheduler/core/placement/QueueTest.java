package dev.notebay.scheduler.core.placement;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.after;
import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.Sessions.queued;
import static dev.notebay.scheduler.core.Sessions.running;
import static dev.notebay.scheduler.core.Sessions.spec;
import static dev.notebay.scheduler.core.Sessions.starting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class QueueTest {
  private static final List<Node> FLEET = List.of(node("a", 2, "nvidia-t4"));

  private final Queue queue = new Queue(new BestFit());

  private List<Queue.Outcome> decide(Session... sessions) {
    return queue.decide(List.of(sessions), FLEET, NOON);
  }

  @Test
  void placesWhoHasWaitedLongestFirstAndTellsTheOthersTheirPosition() {
    var outcomes =
        decide(
            queued(3, spec("nvidia-t4", 1)),
            queued(1, spec("nvidia-t4", 1)),
            queued(2, spec("nvidia-t4", 1)),
            queued(4, spec("nvidia-t4", 1)));

    assertThat(outcomes)
        .extracting(
            outcome -> outcome.session().id().value().getLeastSignificantBits(),
            outcome -> outcome.decision() instanceof Decision.Place,
            Queue.Outcome::position)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, true, 0),
            org.assertj.core.groups.Tuple.tuple(2L, true, 0),
            org.assertj.core.groups.Tuple.tuple(3L, false, 1),
            org.assertj.core.groups.Tuple.tuple(4L, false, 2));
  }

  @Test
  void doesNotLetSmallRequestsStarveALargeOne() {
    var outcomes =
        decide(
            running(1, spec("nvidia-t4", 1), "a", "a-0"),
            queued(2, spec("nvidia-t4", 2)),
            queued(3, spec("nvidia-t4", 1)));

    assertThat(outcomes.get(0).decision())
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> assertThat(wait.reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY));
    assertThat(outcomes.get(1).decision())
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> assertThat(wait.reason()).isEqualTo(WaitReason.WAITING_BEHIND_OTHERS));
  }

  @Test
  void letsPassWhoTakesNothingThatTheWaitingNeed() {
    var outcomes =
        decide(
            running(1, spec("nvidia-t4", 2), "a", "a-0", "a-1"),
            queued(2, spec("nvidia-t4", 1)),
            queued(3, spec(Accelerator.NONE)));

    assertThat(outcomes.get(1).decision()).isInstanceOf(Decision.Place.class);
  }

  @Test
  void holdsBackWhoseVolumeIsInUseWithoutBlockingTheOthers() {
    Session heldBack =
        after(
            starting(1, spec("nvidia-t4", 2), "a", "a-0", "a-1"),
            new SessionEvent.VolumeBusy("held by another session", NOON.plusSeconds(9), NOON));

    var outcomes = decide(heldBack, queued(2, spec("nvidia-t4", 2)));

    assertThat(outcomes.get(0).decision())
        .isEqualTo(new Decision.Wait(WaitReason.VOLUME_IN_USE, "held by another session"));
    assertThat(outcomes.get(1).decision()).isInstanceOf(Decision.Place.class);
  }

  @RepeatedTest(100)
  void neverGivesADeviceTwiceWhateverTheOrder(RepetitionInfo repetition) {
    var random = new SplittableRandom(repetition.getCurrentRepetition());
    List<Node> fleet = List.of(node("a", 4, "nvidia-t4"), node("b", 3, "nvidia-l4"));
    List<Session> sessions = new ArrayList<>();
    for (int number = 1; number <= 20; number++) {
      sessions.add(
          queued(
              number,
              random.nextBoolean()
                  ? spec("nvidia-t4", random.nextInt(1, 5))
                  : spec("nvidia-l4", random.nextInt(1, 4))));
    }
    Collections.shuffle(sessions, new Random(repetition.getCurrentRepetition()));
    for (int round = 0; round < 5; round++) {
      for (Queue.Outcome outcome : queue.decide(sessions, fleet, NOON)) {
        if (outcome.decision() instanceof Decision.Place(var allotment, var type)) {
          var assignment = new Assignment(allotment.node(), type, allotment.devices(), NOON);
          sessions.remove(outcome.session());
          sessions.add(after(outcome.session(), new SessionEvent.Placed(assignment)));
        }
      }
      Set<String> taken = new HashSet<>();
      sessions.stream()
          .flatMap(session -> session.state().held().stream())
          .flatMap(held -> held.devices().stream())
          .forEach(device -> assertThat(taken.add(device)).as(device).isTrue());
      sessions.removeIf(session -> session.state().held().isPresent() && random.nextInt(3) == 0);
    }
  }
}
