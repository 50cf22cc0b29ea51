package dev.notebay.scheduler.core.queue;

import static dev.notebay.scheduler.core.queue.World.START;
import static dev.notebay.scheduler.core.queue.World.node;
import static dev.notebay.scheduler.core.queue.World.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.notebay.scheduler.core.fleet.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FairnessTest {
  private static final Duration HALF_LIFE = Duration.ofDays(1);
  private static final QueueSettings SMALL_WINDOW =
      new QueueSettings(
          64,
          HALF_LIFE,
          Duration.ofMinutes(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(5),
          Duration.ofMinutes(30));
  private static final Duration TEN_HALF_LIVES = HALF_LIFE.multipliedBy(10);
  private static final List<Node> EIGHT =
      List.of(node("n1", "nvidia-t4", 4), node("n2", "nvidia-t4", 4));

  @Test
  void twoQueuesOfEqualWeightThatAlwaysWantMoreGetEqualShares() {
    for (int seed = 0; seed < 2; seed++) {
      World world = saturated(1, 1, seed);
      double a = world.gpuSeconds.getOrDefault("a", 0.0);
      double b = world.gpuSeconds.getOrDefault("b", 0.0);
      assertThat(a / (a + b)).as("seed %d", seed).isCloseTo(0.5, within(0.01));
      assertThat(a + b).isGreaterThan(0.95 * 8 * TEN_HALF_LIVES.toSeconds());
    }
  }

  @Test
  void sharesAreAsTheWeights() {
    World world = saturated(3, 1, 11);
    double a = world.gpuSeconds.getOrDefault("a", 0.0);
    double b = world.gpuSeconds.getOrDefault("b", 0.0);
    assertThat(a / (a + b)).isCloseTo(0.75, within(0.01));
  }

  /** One queue has short sessions of one device, the other long ones of two. */
  private static World saturated(double weightOfA, double weightOfB, long seed) {
    var random = new SplittableRandom(seed);
    Queues queues =
        Queues.of(
            List.of(
                QueueSpec.named("a").weighing(weightOfA),
                QueueSpec.named("b").weighing(weightOfB)));
    var world = new World(EIGHT, queues, SMALL_WINDOW);
    long number = 0;
    for (Instant at = START; at.isBefore(START.plus(TEN_HALF_LIVES)); ) {
      Duration shorter = Duration.ofMinutes(random.nextInt(20, 90));
      Duration longer = Duration.ofMinutes(random.nextInt(60, 240));
      world.arrives(session(++number, "ada", "a", 1, shorter, at), shorter);
      if (number < 60 || number % 3 == 0) {
        world.arrives(session(++number, "bob", "b", 2, longer, at), longer);
      }
      at = at.plus(Duration.ofMinutes(number < 60 ? 0 : 7 + random.nextInt(4)));
    }
    world.run(START.plus(TEN_HALF_LIVES));
    List.copyOf(world.holding.keySet()).forEach(world::end);
    return world;
  }

  @Test
  void eightDevicesAreGotBehindAnyNumberOfSessionsOfOneDevice() {
    var world =
        new World(List.of(node("n1", "nvidia-t4", 8)), Queues.builtIn(), QueueSettings.USUAL);
    Duration hour = Duration.ofHours(1);
    for (int i = 0; i < 800; i++) {
      // Each comes from somebody who has never used anything, and so goes before the large one.
      Instant at = START.plusSeconds(60L * i);
      world.arrives(session(10 + i, "new" + i, "default", 1, hour, at), hour);
    }
    // She has used something, so that everybody who is new goes before her.
    world.arrives(session(2, "ada", "default", 1, hour, START), hour);
    world.arrives(session(1, "ada", "default", 8, hour, START.plusSeconds(3601)), hour);
    world.run(START.plus(Duration.ofHours(12)));

    assertThat(world.startedAt).containsKey(World.id(1));
  }

  @Test
  void eightDevicesAreGotAlsoWhereNobodyCanTellWhenTheOthersEnd() {
    var world =
        new World(List.of(node("n1", "nvidia-t4", 8)), Queues.builtIn(), QueueSettings.USUAL);
    Duration hour = Duration.ofHours(1);
    for (int i = 0; i < 800; i++) {
      Instant at = START.plusSeconds(60L * i);
      world.arrives(session(10 + i, "new" + i, "default", 1, null, at), hour);
    }
    // She has used something, so that everybody who is new goes before her.
    world.arrives(session(2, "ada", "default", 1, hour, START), hour);
    world.arrives(session(1, "ada", "default", 8, hour, START.plusSeconds(3601)), hour);
    world.run(START.plus(Duration.ofHours(12)));

    assertThat(world.startedAt).containsKey(World.id(1));
  }
}
