package dev.notebay.scheduler.core.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private record Part(Claim claim, long from, long until) {}

  @Test
  void theEarliestTimeIsTheOneFoundByLookingAtEveryTime() {
    for (int seed = 0; seed < 2000; seed++) {
      var random = new SplittableRandom(seed);
      var timeline = new Timeline();
      long[] every = new long[60];
      for (int i = 0; i < 6; i++) {
        int from = random.nextInt(25);
        int until = from + random.nextInt(1, 20);
        long amount = random.nextInt(-3, 6);
        timeline.add(from, until, amount);
        for (int at = from; at < until; at++) {
          every[at] += amount;
        }
      }
      long most = random.nextInt(6);
      int length = random.nextInt(1, 10);
      int start = 0;
      for (int at = 0; at < start + length; at++) {
        start = every[at] > most ? at + 1 : start;
      }
      assertThat(timeline.earliest(most, 0, length)).as("seed %d", seed).isEqualTo(start);
      for (int at = 0; at < 50; at++) {
        assertThat(timeline.valueAt(at)).isEqualTo(every[at]);
      }
    }
  }

  @Test
  void roomOnANodeIsFoundAsByLookingAtEveryTimeAndGivingBackRestoresIt() {
    for (int seed = 0; seed < 2000; seed++) {
      var random = new SplittableRandom(seed);
      var timeline = new NodeTimeline(World.node("n", "nvidia-t4", 3));
      List<Part> parts = new ArrayList<>();
      for (int i = 0; i < 7; i++) {
        NodeDemand demand = demand(random);
        long notBefore = random.nextInt(20);
        long length = random.nextInt(1, 15);
        long found = timeline.earliest(demand, notBefore, length);
        assertThat(found).as("seed %d", seed).isEqualTo(expected(parts, demand, notBefore, length));
        if (found == Timeline.NEVER) {
          continue;
        }
        Claim claim = requireNonNull(timeline.claim(demand, found, length));
        assertThat(timeline.isFree(claim, found, length)).isTrue();
        timeline.take(claim, found, found + length, 1);
        parts.add(new Part(claim, found, found + length));
        if (random.nextInt(4) == 0) {
          Part gone = parts.remove(random.nextInt(parts.size()));
          timeline.take(gone.claim(), gone.from(), gone.until(), -1);
        }
      }
    }
  }

  private static NodeDemand demand(SplittableRandom random) {
    var compute = new Compute(random.nextInt(1, 4) * 16_000L, 1L << 30);
    return new NodeDemand(
        new Request(
            random.nextBoolean()
                ? new Accelerator("nvidia-t4", random.nextInt(1, 4))
                : new Accelerator(List.of("nvidia-t4"), 1, random.nextInt(1, 10) * 100, 0),
            compute));
  }

  private static long expected(List<Part> parts, NodeDemand demand, long notBefore, long length) {
    for (long start = notBefore; start < 200; start++) {
      int free = 0;
      boolean hasCpu = true;
      for (long at = start; at < start + length; at++) {
        long now = at;
        hasCpu &=
            parts.stream()
                        .filter(part -> part.from() <= now && now < part.until())
                        .mapToLong(part -> part.claim().cpuMilli())
                        .sum()
                    + demand.cpuMilli()
                <= 64_000;
      }
      for (int device = 0; device < 3; device++) {
        boolean fits = true;
        for (long at = start; at < start + length; at++) {
          fits &= usedOf(parts, device, at) + demand.milli() <= 1000;
        }
        free += fits ? 1 : 0;
      }
      if (hasCpu && free >= demand.count()) {
        return start;
      }
    }
    return Timeline.NEVER;
  }

  private static int usedOf(List<Part> parts, int device, long at) {
    return parts.stream()
        .filter(part -> part.from() <= at && at < part.until())
        .filter(part -> Arrays.stream(part.claim().devices()).anyMatch(d -> d == device))
        .mapToInt(part -> part.claim().milli())
        .sum();
  }
}
