package dev.notebay.scheduler.core.queue;

import static dev.notebay.scheduler.core.queue.World.START;
import static dev.notebay.scheduler.core.queue.World.id;
import static dev.notebay.scheduler.core.queue.World.node;
import static dev.notebay.scheduler.core.queue.World.session;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.placement.WaitReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class QueueEngineTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void whoFitsIsPlacedAndWhoDoesNotIsPromisedAStart() {
    var world = world(Queues.builtIn(), node("n1", "nvidia-t4", 1));
    world.arrives(session(1, "ada", "default", 1, HOUR, START), HOUR);
    world.arrives(session(2, "bob", "default", 1, HOUR, START), HOUR);

    world.run(START);

    assertThat(world.startedAt).containsOnlyKeys(id(1));
    Standing standing = world.engine.standing(id(2), START).orElseThrow();
    assertThat(standing.position()).isEqualTo(1);
    assertThat(standing.reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY);
    // The holder may have it for an hour and the grace of three minutes; half as much is slack.
    assertThat(standing.waitAtMost(START)).hasValue(Duration.ofMinutes(94).plusSeconds(30));
    assertThat(standing.likelyStart()).hasValue(START.plus(HOUR));
  }

  @Test
  void whereManyFitOnePassPlacesSomeAndTheNextTheOthersAtOnce() {
    QueueEngine engine =
        World.engine(
            IntStream.range(0, 400).mapToObj(number -> node("n" + number, "nvidia-t4", 8)).toList(),
            Queues.builtIn(),
            QueueSettings.USUAL);
    for (int number = 0; number < 3_000; number++) {
      engine.put(session(number, "person-" + number, "default", 1, HOUR, START));
    }

    List<Integer> placed = new ArrayList<>();
    do {
      placed.add(engine.pass(START).size());
    } while (engine.nextPass().filter(START::equals).isPresent());

    assertThat(placed).hasSizeGreaterThan(1).allMatch(some -> some <= 1_500);
    assertThat(placed.stream().mapToInt(some -> some).sum()).isEqualTo(3_000);
    assertThat(engine.waiting()).isZero();
  }

  @Test
  void aSmallSessionFillsAHoleOnlyIfItIsOutOfTheWayInTime() {
    var world = world(Queues.builtIn(), node("n1", "nvidia-t4", 8));
    world.arrives(session(1, "ada", "default", 1, HOUR, START), HOUR);
    world.arrives(session(2, "bob", "default", 8, HOUR, START.plusSeconds(1)), HOUR);
    world.arrives(
        session(3, "cid", "default", 1, HOUR.multipliedBy(2), START.plusSeconds(2)), HOUR);
    world.arrives(
        session(4, "dan", "default", 1, Duration.ofMinutes(30), START.plusSeconds(3)), HOUR);

    world.run(START.plusSeconds(5));

    assertThat(world.startedAt).containsOnlyKeys(id(1), id(4));
    assertThat(world.engine.standing(id(3), world.now()).orElseThrow().reason())
        .isEqualTo(WaitReason.WAITING_BEHIND_OTHERS);
  }

  @Test
  void withAHolderThatMayNeverEndNothingIsPromisedAndTheNodeIsKept() {
    var world = world(Queues.builtIn(), node("n1", "nvidia-t4", 8));
    world.arrives(session(1, "ada", "default", 1, null, START), HOUR);
    world.arrives(session(2, "bob", "default", 8, HOUR, START.plusSeconds(1)), HOUR);
    world.arrives(session(3, "cid", "default", 1, HOUR, START.plusSeconds(2)), HOUR);

    world.run(START.plusSeconds(5));
    assertThat(world.startedAt).containsOnlyKeys(id(1));
    assertThat(world.engine.standing(id(2), world.now()).orElseThrow().startBy()).isEmpty();

    world.run(START.plus(HOUR));
    assertThat(world.startedAt).containsOnlyKeys(id(1), id(2));
  }

  @Test
  void quotaOfTheQueueIsAReasonToWaitWhileDevicesAreFree() {
    var queues = Queues.of(List.of(QueueSpec.named("small", Quota.devices("nvidia-t4", 1))));
    var world = world(queues, node("n1", "nvidia-t4", 8));
    world.arrives(session(1, "ada", "small", 1, HOUR, START), HOUR);
    world.arrives(session(2, "ada", "small", 1, HOUR, START), HOUR);
    world.arrives(session(3, "ada", "small", 2, HOUR, START), HOUR);

    world.run(START);

    assertThat(world.startedAt).containsOnlyKeys(id(1));
    Standing standing = world.engine.standing(id(2), START).orElseThrow();
    assertThat(standing.reason()).isEqualTo(WaitReason.WAITING_FOR_QUOTA);
    assertThat(standing.message())
        .isEqualTo(
            "queue small holds all that it may of nvidia-t4 (wanted: 1, held: 1, nominal: 1, still"
                + " to be had: 0)");
    assertThat(requireNonNull(world.never.get(id(3))).reason()).isEqualTo("EXCEEDS_MAX_QUOTA");
  }

  @Test
  void borrowedDevicesAreTakenBackWithNoticeAfterTheMinimumRun() {
    QueueSpec lender =
        QueueSpec.named("lender", Quota.devices("nvidia-t4", 2))
            .in("all")
            .ending(Reclaim.ANY, Preemption.NEVER, Duration.ofMinutes(10), Duration.ofMinutes(1));
    QueueSpec borrower = QueueSpec.named("borrower", Quota.devices("nvidia-t4", 2)).in("all");
    var world = world(Queues.of(List.of(lender, borrower)), node("n1", "nvidia-t4", 4));
    for (int i = 1; i <= 4; i++) {
      world.arrives(session(i, "bob", "borrower", 1, HOUR, START), HOUR);
    }
    world.arrives(session(5, "ada", "lender", 1, HOUR, START.plusSeconds(60)), HOUR);
    world.arrives(session(6, "ada", "lender", 2, HOUR, START.plusSeconds(61)), HOUR);

    world.run(START.plusSeconds(599));
    assertThat(world.preemptions).isEmpty();
    world.run(START.plusSeconds(600));
    assertThat(world.preemptions).hasSize(1);
    assertThat(world.preemptions.getFirst().session()).isEqualTo(id(5));
    assertThat(world.preemptions.getFirst().victims()).hasSize(1);
    assertThat(world.engine.standing(id(5), world.now()).orElseThrow().reason())
        .isEqualTo(WaitReason.WAITING_FOR_PREEMPTED);
    world.run(START.plusSeconds(700));
    assertThat(world.startedAt).containsKey(id(5));
    // Two for the second would be more than its nominal two together with the first's one.
    assertThat(world.preemptions).hasSize(1);
  }

  private static World world(Queues queues, dev.notebay.scheduler.core.fleet.Node... nodes) {
    return new World(List.of(nodes), queues, QueueSettings.USUAL);
  }
}
