package dev.notebay.scheduler.core.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Against one that tries everything, on fleets so small that this is possible. */
class PlacerOracleTest {
  @RepeatedTest(60)
  void placesExactlyWhereSomeDevicesOfSomeNodeWouldDo(RepetitionInfo seed) {
    var random = new RandomFleet(new SplittableRandom(seed.getCurrentRepetition()));
    List<Node> nodes = random.nodes();
    List<Allotment> held = new ArrayList<>();
    var fleet = FleetState.of(nodes);
    var placer = new Placer(fleet, new PatternValue(fleet));
    for (int step = 0; step < 200; step++) {
      Request request = random.request(nodes);
      placer.arrived(request);
      Decision decision = placer.decide(request);
      boolean now = nodes.stream().anyMatch(node -> couldTake(node, held, request));
      assertThat(decision instanceof Decision.Place).as(step + ": " + request).isEqualTo(now);
      boolean ever =
          nodes.stream()
              .map(node -> available(node))
              .anyMatch(node -> couldTake(node, List.of(), request));
      assertThat(decision instanceof Decision.Never).as(step + ": " + request).isEqualTo(!ever);
      if (decision instanceof Decision.Place(var allotment, _)) {
        fleet.take(allotment);
        held.add(allotment);
      }
      while (!held.isEmpty() && random.source().nextInt(2) == 0) {
        fleet.release(held.remove(random.source().nextInt(held.size())));
      }
    }
  }

  private static Node available(Node node) {
    return new Node(
        node.name(),
        node.cpuMilli(),
        node.memoryBytes(),
        node.devices(),
        node.labels(),
        Optional.empty());
  }

  private static boolean couldTake(Node node, List<Allotment> held, Request request) {
    List<Allotment> here = held.stream().filter(a -> a.node().equals(node.name())).toList();
    long cpu = here.stream().mapToLong(a -> a.compute().cpuMilli()).sum();
    long memory = here.stream().mapToLong(a -> a.compute().memoryBytes()).sum();
    return node.unavailable().isEmpty()
        && request.volumeNode().map(node.name()::equals).orElse(true)
        && request.nodeLabels().entrySet().stream()
            .allMatch(label -> label.getValue().equals(node.labels().get(label.getKey())))
        && cpu + request.compute().cpuMilli() <= node.cpuMilli()
        && memory + request.compute().memoryBytes() <= node.memoryBytes()
        && (request.accelerator().isNone()
            || request.accelerator().types().stream()
                .anyMatch(type -> devicesFor(node, type, here, request.accelerator())));
  }

  private static boolean devicesFor(
      Node node, String type, List<Allotment> here, Accelerator wanted) {
    long fitting =
        node.devices().stream()
            .filter(device -> device.type().equals(type))
            .filter(device -> hasRoom(device, here, wanted))
            .count();
    return fitting >= wanted.count();
  }

  private static boolean hasRoom(Device device, List<Allotment> here, Accelerator wanted) {
    List<Allotment> on = here.stream().filter(a -> a.devices().contains(device.id())).toList();
    int milli = on.stream().mapToInt(Allotment::milli).sum();
    long memory = on.stream().mapToLong(Allotment::memoryBytes).sum();
    long part =
        wanted.memoryBytes() > 0
            ? wanted.memoryBytes()
            : wanted.isShare() ? device.memoryBytes() / 1000 * wanted.milli() : 0;
    return milli + wanted.milli() <= 1000 && memory + part <= device.memoryBytes();
  }

  /** The other may also choose whom to refuse. */
  @Test
  void packsNearlyAsMuchAsTheBestPackingThatKnowsTheFuture() {
    long ours = 0;
    long optimal = 0;
    for (int seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      int[] sizes = {10 * (20 + random.nextInt(30)), 10 * (50 + random.nextInt(30)), 1000};
      int[] arrivals = random.ints(12, 0, sizes.length).map(kind -> sizes[kind]).toArray();
      ours += placed(arrivals);
      optimal += optimal(arrivals, 0, new int[4], new HashMap<>());
    }
    assertThat(ours).isBetween(optimal * 90 / 100, optimal);
  }

  /** Thousandths placed of requests that come one by one; those that do not fit go away. */
  private static long placed(int[] arrivals) {
    List<Node> nodes =
        IntStream.range(0, 2)
            .mapToObj(
                number ->
                    new Node(
                        "n" + number,
                        100_000,
                        1 << 20,
                        List.of(
                            new Device("d0", "nvidia-t4", 0, false, true),
                            new Device("d1", "nvidia-t4", 0, false, true))))
            .toList();
    var fleet = FleetState.of(nodes);
    var placer = new Placer(fleet, new PatternValue(fleet));
    long sum = 0;
    for (int milli : arrivals) {
      var request =
          new Request(new Accelerator(List.of("nvidia-t4"), 1, milli, 0), new Compute(1000, 1));
      placer.arrived(request);
      if (placer.decide(request) instanceof Decision.Place(var allotment, _)) {
        fleet.take(allotment);
        sum += milli;
      }
    }
    return sum;
  }

  /** The most that any choice of whom to place and where gives; devices are all alike. */
  private static long optimal(
      int[] arrivals, int from, int[] used, Map<List<Integer>, Long> known) {
    if (from == arrivals.length) {
      return 0;
    }
    int[] sorted = used.clone();
    Arrays.sort(sorted);
    List<Integer> key = new ArrayList<>(List.of(from));
    Arrays.stream(sorted).forEach(key::add);
    Long seen = known.get(key);
    if (seen != null) {
      return seen;
    }
    long best = optimal(arrivals, from + 1, sorted, known);
    Set<Integer> tried = new HashSet<>();
    for (int device = 0; device < sorted.length; device++) {
      if (sorted[device] + arrivals[from] <= 1000 && tried.add(sorted[device])) {
        int[] next = sorted.clone();
        next[device] += arrivals[from];
        best = Math.max(best, arrivals[from] + optimal(arrivals, from + 1, next, known));
      }
    }
    known.put(key, best);
    return best;
  }
}
