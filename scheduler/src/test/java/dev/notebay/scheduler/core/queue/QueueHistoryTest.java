package dev.notebay.scheduler.core.queue;

import static dev.notebay.scheduler.core.queue.World.SMALL;
import static dev.notebay.scheduler.core.queue.World.START;
import static dev.notebay.scheduler.core.queue.World.id;
import static dev.notebay.scheduler.core.queue.World.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random fleets, queues and people, each from its seed; {@link World} checks every decision. */
class QueueHistoryTest {
  private static final int SEEDS = Integer.getInteger("queue.seeds", 400);
  private static final List<Reclaim> RECLAIMS = List.of(Reclaim.values());
  private static final List<Preemption> PREEMPTIONS = List.of(Preemption.values());
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void inRandomHistoriesNobodyWaitsBeyondTheirBound() {
    int promises = 0;
    int preemptions = 0;
    for (int seed = Integer.getInteger("seed", 0); seed < SEEDS; seed++) {
      try {
        World world = history(seed, false);
        promises += world.promised;
        preemptions += world.preemptions.size();
      } catch (AssertionError | RuntimeException broken) {
        throw new AssertionError("seed " + seed, broken);
      }
    }
    assertThat(promises).as("promises made").isGreaterThan(SEEDS);
    assertThat(preemptions).as("preemptions").isGreaterThan(SEEDS / 10);
  }

  @Test
  void whatIsDecidedDependsOnWhatWasPutNotOnTheOrderNorOnThePast() {
    int compared = 0;
    int differed = 0;
    for (int seed = 0; seed < SEEDS / 16; seed++) {
      World world = history(seed, true);
      compared += world.compared;
      differed += world.differed;
    }
    assertThat(compared).isGreaterThan(SEEDS);
    assertThat(differed).isZero();
  }

  private static World history(long seed, boolean compare) {
    var random = new SplittableRandom(seed);
    var world = new World(fleet(random), queues(random), settings(random));
    if (compare) {
      world.compareWithRebuilt(new SplittableRandom(seed));
    }
    List<String> names = world.queues.all().stream().map(QueueSpec::name).toList();
    int sessions = random.nextInt(5, 60);
    Instant at = START;
    for (int number = 1; number <= sessions; number++) {
      at = at.plusSeconds(random.nextInt(4) == 0 ? 0 : random.nextInt(1, 1200));
      boolean isBounded = random.nextInt(20) > 0;
      Duration lifetime = Duration.ofMinutes(random.nextInt(1, 240));
      world.arrives(
          new Waiting(
              id(number),
              new Owner("u" + random.nextInt(4)),
              names.get(random.nextInt(names.size())),
              random.nextInt(3) - 1,
              new Request(accelerator(random, !compare), SMALL),
              isBounded ? Optional.of(lifetime) : Optional.empty(),
              at,
              Optional.empty(),
              Optional.empty()),
          random.nextInt(3) == 0
              ? lifetime.plusHours(1)
              : Duration.ofSeconds(random.nextLong(1, lifetime.toSeconds() + 1)));
      if (random.nextBoolean()) {
        long other = random.nextInt(1, number + 1);
        Activity activity = random.nextBoolean() ? new Activity.Idle(at) : new Activity.Busy();
        world.at(at.plusSeconds(1), () -> world.becomesIfThere(id(other), activity));
      }
    }
    world.run(at.plus(DAY.multipliedBy(30)));
    assertThat(world.withdrawn).isEmpty();
    assertThat(world.waiting).as("still waiting after 30 days").isEmpty();
    assertThat(world.startedAt.size() + world.never.size()).isEqualTo(sessions);
    return world;
  }

  /**
   * @param withMemory whether shares state their memory: then promises are sometimes kept only by
   *     the plan of the pass before, which an engine that is told all anew has not
   */
  private static Accelerator accelerator(SplittableRandom random, boolean withMemory) {
    return switch (random.nextInt(8)) {
      case 0 -> Accelerator.NONE;
      case 1 -> {
        long memory = withMemory && random.nextBoolean() ? random.nextLong(1, 17) << 30 : 0;
        yield new Accelerator(List.of("nvidia-t4"), 1, random.nextInt(1, 10) * 100, memory);
      }
      case 2 -> new Accelerator(List.of("nvidia-l4", "nvidia-t4"), random.nextInt(1, 3), 1000, 0);
      case 3 -> new Accelerator("nvidia-t4", 4);
      case 4 -> new Accelerator("nvidia-l4", random.nextInt(1, 3));
      default -> new Accelerator("nvidia-t4", random.nextInt(1, 3));
    };
  }

  private static List<Node> fleet(SplittableRandom random) {
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < random.nextInt(1, 4); i++) {
      nodes.add(node("t" + i, "nvidia-t4", random.nextInt(1, 5)));
    }
    if (random.nextBoolean()) {
      nodes.add(node("l0", "nvidia-l4", 2));
    }
    return nodes;
  }

  private static QueueSettings settings(SplittableRandom random) {
    return new QueueSettings(
        random.nextBoolean() ? 256 : random.nextInt(1, 8),
        Duration.ofHours(random.nextInt(1, 48)),
        Duration.ofMinutes(30),
        Duration.ofMinutes(2),
        Duration.ofMinutes(5),
        Duration.ofMinutes(30));
  }

  private static Queues queues(SplittableRandom random) {
    List<QueueSpec> queues = new ArrayList<>();
    for (int i = 0; i < random.nextInt(4); i++) {
      Quota quota = Quota.devices("nvidia-t4", random.nextInt(5));
      boolean isAlone = random.nextInt(4) == 0;
      if (!isAlone && random.nextBoolean()) {
        quota = quota.borrowing(random.nextInt(4));
      }
      if (!isAlone && random.nextBoolean()) {
        quota = quota.lending(random.nextInt((int) (quota.nominalMilli() / 1000) + 1));
      }
      QueueSpec queue =
          random.nextInt(3) == 0
              ? QueueSpec.named("q" + i, quota, Quota.devices("nvidia-l4", random.nextInt(3)))
              : QueueSpec.named("q" + i, quota);
      queue =
          queue
              .weighing(random.nextInt(1, 4))
              .ending(
                  RECLAIMS.get(random.nextInt(3)),
                  PREEMPTIONS.get(random.nextInt(2)),
                  Duration.ofMinutes(random.nextInt(30)),
                  Duration.ofSeconds(random.nextInt(120)));
      if (random.nextInt(4) == 0) {
        queue =
            queue.limiting(
                new UserLimits(
                    OptionalInt.of(random.nextInt(1, 3)),
                    OptionalLong.of(random.nextInt(1, 5) * 1000L),
                    Optional.empty()));
      }
      queues.add(isAlone ? queue : queue.in("c" + random.nextInt(2)));
    }
    return Queues.of(queues);
  }
}
