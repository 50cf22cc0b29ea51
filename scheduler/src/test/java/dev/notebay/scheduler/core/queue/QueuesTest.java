package dev.notebay.scheduler.core.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class QueuesTest {
  private static final QueueSpec VISION =
      QueueSpec.named("vision", Quota.devices("nvidia-t4", 8)).in("research");

  @Test
  void aBuiltInQueueMayUseAllThereIs() {
    QueueSpec queue = Queues.builtIn().find(Queues.DEFAULT).orElseThrow();

    assertThat(queue.allows("nvidia-h200")).isTrue();
    assertThat(Queues.builtIn().mostMilli(queue, "nvidia-h200")).isEmpty();
  }

  @Test
  void aClassWithoutQuotaIsNotAllowedButNoneIs() {
    assertThat(VISION.allows("nvidia-l4")).isFalse();
    assertThat(VISION.allows("nvidia-t4")).isTrue();
    assertThat(VISION.allows("none")).isTrue();
    assertThat(Queues.of(List.of(VISION)).mostMilli(VISION, "nvidia-l4")).hasValue(0);
  }

  @Test
  void theMostIsNominalAndWhatTheOthersLend() {
    QueueSpec lender =
        QueueSpec.named("lender", Quota.devices("nvidia-t4", 6).lending(2)).in("research");
    Queues queues = Queues.of(List.of(VISION, lender));

    assertThat(queues.mostMilli(VISION, "nvidia-t4")).hasValue(10_000);
    assertThat(queues.mostMilli(lender, "nvidia-t4")).hasValue(14_000);
  }

  @Test
  void theMostIsNoMoreThanTheBorrowingLimit() {
    QueueSpec careful =
        QueueSpec.named("careful", Quota.devices("nvidia-t4", 1).borrowing(2)).in("research");

    assertThat(Queues.of(List.of(VISION, careful)).mostMilli(careful, "nvidia-t4")).hasValue(3000);
  }

  @Test
  void whatIsWrongIsNamedByItsPathWithWhatWouldBeRight() {
    QueueSpec other = QueueSpec.named("other");
    assertWrong(
        List.of(
            VISION,
            other,
            QueueSpec.named("lender", Quota.devices("nvidia-t4", 8).lending(9)).in("research")),
        "queues[2].quotas[0].lendingLimit: 9 (expected: 0 to nominal 8)");
    assertWrong(List.of(other, other), "queues[1].name: other (expected: each name once)");
    assertWrong(
        List.of(QueueSpec.named("No Name")),
        "queues[0].name: No Name (expected: 1 to 63 of a-z, 0-9, '-' and '.', a letter or digit at"
            + " both ends)");
    assertWrong(
        List.of(other.weighing(0)), "queues[0].weight: 0.0 (expected: > 0 and at most 1000000)");
    assertWrong(
        List.of(other.weighing(Double.NaN)),
        "queues[0].weight: NaN (expected: > 0 and at most 1000000)");
    assertWrong(
        List.of(other.in("research")),
        "queues[0].cohort: research (expected: absent, as the queue states no quotas)");
    assertWrong(
        List.of(QueueSpec.named("alone", Quota.devices("nvidia-t4", 8).borrowing(1))),
        "queues[0].quotas[0].borrowingLimit: 1 (expected: absent, as the queue is in no cohort)");
    assertWrong(
        List.of(QueueSpec.named("less", Quota.devices("nvidia-t4", -1))),
        "queues[0].quotas[0].nominal: -1 (expected: 0 to 1000000000)");
    assertWrong(
        List.of(QueueSpec.named("none", Quota.devices("none", 1))),
        "queues[0].quotas[0].accelerator: none (expected: an accelerator class such as nvidia-t4)");
    assertWrong(
        List.of(
            QueueSpec.named("twice", Quota.devices("nvidia-t4", 1), Quota.devices("nvidia-t4", 2))),
        "queues[0].quotas[1].accelerator: nvidia-t4 (expected: each class once)");
    assertWrong(
        List.of(other.ending(Reclaim.ANY, Preemption.NEVER, Duration.ofSeconds(-1), Duration.ZERO)),
        "queues[0].minimumRun: PT-1S (expected: PT0S to PT8784H)");
    assertWrong(
        List.of(
            other.limiting(
                new UserLimits(OptionalInt.of(0), OptionalLong.empty(), Optional.empty()))),
        "queues[0].userLimits.sessions: 0 (expected: > 0)");
    assertWrong(
        List.of(
            other.limiting(
                new UserLimits(
                    OptionalInt.empty(),
                    OptionalLong.empty(),
                    Optional.of(new UserLimits.Budget(3600, Duration.ZERO))))),
        "queues[0].userLimits.budget.period: PT0S (expected: PT1M to PT8784H)");
  }

  @Test
  void aCohortListsItsQueuesByName() {
    QueueSpec audio = QueueSpec.named("audio", Quota.devices("nvidia-t4", 1)).in("research");

    assertThat(Queues.of(List.of(VISION, audio)).inCohort("research"))
        .containsExactly(audio, VISION);
  }

  private static void assertWrong(List<QueueSpec> queues, String message) {
    assertThatThrownBy(() -> Queues.of(queues))
        .isInstanceOf(InvalidField.class)
        .hasMessage(message);
  }
}
