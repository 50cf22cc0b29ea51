package dev.notebay.scheduler.core.queue;

import static dev.notebay.scheduler.core.queue.World.SMALL;
import static dev.notebay.scheduler.core.queue.World.START;
import static dev.notebay.scheduler.core.queue.World.id;
import static dev.notebay.scheduler.core.queue.World.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Small random fleets that are full; every set of victims there is is tried as the oracle. */
class PreemptionTest {
  private static final String T4 = "nvidia-t4";
  private static final Duration MINIMUM = Duration.ofMinutes(10);
  private static final Instant NOW = START.plus(Duration.ofHours(1));
  private static final int NODES = 2;
  private static final int DEVICES = 4;

  private record Scene(List<QueueSpec> queues, List<Holding> held, Waiting waiting) {
    private long heldBy(String queue, Set<SessionId> gone) {
      return held.stream()
          .filter(one -> one.queue().equals(queue) && !gone.contains(one.id()))
          .mapToLong(Holding::milli)
          .sum();
    }

    /** Whether the session finds room and quota once those have left. */
    private boolean fitsWithout(Set<SessionId> gone) {
      boolean hasRoom = false;
      for (int node = 0; node < NODES; node++) {
        String name = "n" + node;
        int taken =
            held.stream()
                .filter(one -> one.allotment().node().equals(name) && !gone.contains(one.id()))
                .mapToInt(one -> one.allotment().devices().size())
                .sum();
        hasRoom |= DEVICES - taken >= waiting.request().accelerator().count();
      }
      long wanted = waiting.request().accelerator().count() * 1000L;
      long all = queues.stream().mapToLong(queue -> heldBy(queue.name(), gone)).sum();
      long nominal = queues.stream().mapToLong(PreemptionTest::nominal).sum();
      return hasRoom && all + wanted <= nominal;
    }

    private boolean mayLeave(Holding one) {
      QueueSpec own =
          queues.stream().filter(q -> q.name().equals(waiting.queue())).findFirst().orElseThrow();
      boolean isOwn = one.queue().equals(own.name());
      QueueSpec other =
          queues.stream().filter(q -> q.name().equals(one.queue())).findFirst().orElseThrow();
      boolean isLower = one.priority() < waiting.priority();
      boolean isWithinNominal =
          heldBy(own.name(), Set.of()) + waiting.request().accelerator().count() * 1000L
              <= nominal(own);
      return !one.since().plus(MINIMUM).isAfter(NOW)
          && (isOwn
              ? own.preemption() == Preemption.LOWER_PRIORITY && isLower
              : isWithinNominal
                  && heldBy(other.name(), Set.of()) > nominal(other)
                  && (own.reclaim() == Reclaim.ANY
                      || (own.reclaim() == Reclaim.LOWER_PRIORITY && isLower)));
    }

    /** Whether they can leave one after the other, no other queue going on below its nominal. */
    private boolean isAllowed(Set<SessionId> gone) {
      for (Holding one : held) {
        if (gone.contains(one.id()) && !mayLeave(one)) {
          return false;
        }
      }
      return queues.stream()
          .filter(queue -> !queue.name().equals(waiting.queue()))
          .allMatch(
              queue -> {
                long least =
                    held.stream()
                        .filter(one -> one.queue().equals(queue.name()) && gone.contains(one.id()))
                        .mapToLong(Holding::milli)
                        .max()
                        .orElse(0);
                return least == 0 || heldBy(queue.name(), gone) + least > nominal(queue);
              });
    }
  }

  private static long nominal(QueueSpec queue) {
    return queue.quotas().getFirst().nominalMilli();
  }

  @Test
  void victimsAreAllowedNeededEnoughAndIdleIfIdleOnesWouldDo() {
    int found = 0;
    for (int seed = 0; seed < 1500; seed++) {
      Scene scene = scene(new SplittableRandom(seed));
      Optional<Outcome.Preempt> preempt = decide(scene);
      if (preempt.isEmpty()) {
        assertThat(canBeHelped(scene)).as("seed %d has no victims", seed).isFalse();
        continue;
      }
      found++;
      Set<SessionId> victims = new HashSet<>();
      preempt.get().victims().forEach(victim -> victims.add(victim.session()));
      assertThat(scene.isAllowed(victims)).as("seed %d: allowed", seed).isTrue();
      assertThat(scene.fitsWithout(victims)).as("seed %d: enough", seed).isTrue();
      for (SessionId one : victims) {
        Set<SessionId> less = new HashSet<>(victims);
        less.remove(one);
        assertThat(scene.fitsWithout(less)).as("seed %d: %s is needed", seed, one).isFalse();
      }
      boolean anyBusy =
          scene.held().stream()
              .anyMatch(one -> victims.contains(one.id()) && !one.activity().isIdle());
      if (anyBusy) {
        assertThat(idleWouldDo(scene)).as("seed %d: idle ones would do", seed).isFalse();
      }
    }
    assertThat(found).isGreaterThan(150);
  }

  private static boolean canBeHelped(Scene scene) {
    return !scene.fitsWithout(Set.of())
        && subsets(scene.held())
            .anyMatch(gone -> !gone.isEmpty() && scene.isAllowed(gone) && scene.fitsWithout(gone));
  }

  private static boolean idleWouldDo(Scene scene) {
    return subsets(scene.held().stream().filter(one -> one.activity().isIdle()).toList())
        .anyMatch(gone -> scene.isAllowed(gone) && scene.fitsWithout(gone));
  }

  private static Stream<Set<SessionId>> subsets(List<Holding> held) {
    return IntStream.range(0, 1 << held.size())
        .mapToObj(
            bits -> {
              Set<SessionId> some = new HashSet<>();
              for (int i = 0; i < held.size(); i++) {
                if ((bits >> i & 1) == 1) {
                  some.add(held.get(i).id());
                }
              }
              return some;
            });
  }

  private static Optional<Outcome.Preempt> decide(Scene scene) {
    List<Node> nodes = new ArrayList<>();
    for (int node = 0; node < NODES; node++) {
      nodes.add(node("n" + node, T4, DEVICES));
    }
    QueueEngine engine = World.engine(nodes, Queues.of(scene.queues()), QueueSettings.USUAL);
    scene.held().forEach(engine::put);
    engine.put(scene.waiting());
    return engine.pass(NOW).stream()
        .filter(Outcome.Preempt.class::isInstance)
        .map(Outcome.Preempt.class::cast)
        .findFirst();
  }

  private static Scene scene(SplittableRandom random) {
    List<Reclaim> reclaims = List.of(Reclaim.values());
    List<Preemption> preemptions = List.of(Preemption.values());
    List<QueueSpec> queues = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      queues.add(
          QueueSpec.named("q" + i, Quota.devices(T4, random.nextInt(5)))
              .in("all")
              .ending(
                  reclaims.get(random.nextInt(3)),
                  preemptions.get(random.nextInt(2)),
                  MINIMUM,
                  Duration.ofSeconds(random.nextInt(90))));
    }
    List<Holding> held = new ArrayList<>();
    Map<String, Integer> taken = new HashMap<>();
    for (int number = 1; number <= 8; number++) {
      String name = "n" + random.nextInt(NODES);
      int count = random.nextInt(1, 3);
      int first = taken.getOrDefault(name, 0);
      if (first + count <= DEVICES) {
        taken.put(name, first + count);
        List<String> devices =
            IntStream.range(first, first + count).mapToObj(i -> T4 + "-" + i).toList();
        held.add(
            new Holding(
                id(number),
                new Owner("u"),
                "q" + random.nextInt(3),
                random.nextInt(3),
                T4,
                new Allotment(name, devices, 1000, 0, SMALL),
                NOW.minusSeconds(random.nextInt(300, 3000)),
                Optional.empty(),
                random.nextBoolean() ? new Activity.Idle(START) : new Activity.Busy(),
                Optional.empty()));
      }
    }
    var waiting =
        new Waiting(
            id(99),
            new Owner("v"),
            "q0",
            random.nextInt(3),
            new Request(new Accelerator(T4, random.nextInt(1, 4)), SMALL),
            Optional.of(Duration.ofHours(1)),
            NOW,
            Optional.empty(),
            Optional.empty());
    return new Scene(queues, held, waiting);
  }
}
