package dev.notebay.scheduler.core.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** The tables and what is kept of nodes, against the definitions. */
class NodeValuesTest {
  private static final List<String> TYPES = List.of("nvidia-a100", "nvidia-l4");
  private static final Offset<Double> CLOSE = within(0.5);

  private final FleetState fleet =
      FleetState.of(IntStream.range(0, 4).mapToObj(NodeValuesTest::node).toList());
  private final RequestMix mix = new RequestMix();

  /** The last one has devices of both classes. */
  private static Node node(int number) {
    List<Device> devices =
        IntStream.range(0, 4)
            .mapToObj(
                index ->
                    new Device(
                        "d" + index,
                        TYPES.get(number == 3 ? index % 2 : number % 2),
                        0,
                        false,
                        true))
            .toList();
    return new Node("n" + number, 16_000, 64L << 30, devices);
  }

  private static Request request(SplittableRandom random) {
    List<String> types =
        switch (random.nextInt(3)) {
          case 0 -> TYPES;
          case 1 -> TYPES.subList(0, 1);
          default -> TYPES.subList(1, 2);
        };
    Accelerator accelerator =
        switch (random.nextInt(5)) {
          case 0 -> Accelerator.NONE;
          case 1 -> new Accelerator(types, 1 + random.nextInt(3), 1000, 0);
          default -> new Accelerator(types, 1, 10 * (10 + random.nextInt(80)), 0);
        };
    return new Request(
        accelerator,
        new Compute(500L * (1 + random.nextInt(8)), (1L + random.nextInt(8)) << 30),
        Request.Choice.BEST_RANKED,
        Map.of(),
        Optional.empty());
  }

  @RepeatedTest(20)
  void aTakingCostsWhatTheNodeIsWorthLessAfterIt(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    for (int arrival = 0; arrival < 12; arrival++) {
      mix.add(Demand.of(request(random), fleet));
    }
    mix.add(Demand.of(new Request(new Accelerator("nvidia-l4", 1), new Compute(1, 1)), fleet));
    PatternTables tables = PriceSearch.search(fleet, mix, 0);
    var kept = new NodeValues(tables, Surcharges.of(mix.all(), fleet));
    Ranking checking =
        (node, taking, demand) -> {
          double before = value(tables, node, node.room());
          double after = value(tables, node, taking.after(node, demand));
          double surcharge =
              taking.count() == 0
                  ? 0
                  : Surcharges.of(mix.all(), fleet).byClass()[node.classOf(taking.device(0))]
                      * demand.totalMilli();
          assertThat((double) kept.loss(node, taking, demand))
              .isCloseTo(before - after + surcharge, CLOSE);
          return node.index();
        };
    var placer = new Placer(fleet, checking);
    for (int step = 0; step < 40; step++) {
      if (placer.decide(request(random)) instanceof Decision.Place(var allotment, _)) {
        fleet.take(allotment);
      }
    }
  }

  /** The least over the side prices of the best patterns, found by trying all. */
  private static double value(PatternTables tables, NodeState node, Room room) {
    double least = Double.MAX_VALUE;
    for (int lane = 0; lane < SidePrices.LANES; lane++) {
      double value = tables.side().prices()[lane] * tables.side().amount(room);
      for (int number : node.distinctClasses()) {
        int whole = 0;
        for (int device = 0; device < room.devices(); device++) {
          if (node.classOf(device) == number) {
            if (room.isWhole(device)) {
              whole++;
            } else {
              value += bestPart(tables, number, room.milli(device) / 10, lane);
            }
          }
        }
        value += bestWhole(tables, number, whole, lane);
      }
      least = Math.min(least, value);
    }
    return least;
  }

  private static double bestPart(PatternTables tables, int number, int units, int lane) {
    double[] best = new double[units + 1];
    for (int free = 1; free <= units; free++) {
      for (RequestMix.Kind kind : tables.kinds()) {
        int size = (kind.demand().milli() + 9) / 10;
        if (kind.demand().count() == 1 && kind.demand().accepts(number) && size <= free) {
          best[free] = Math.max(best[free], best[free - size] + gain(tables, kind, lane));
        }
      }
    }
    return best[units];
  }

  private static double bestWhole(PatternTables tables, int number, int devices, int lane) {
    if (devices == 0) {
      return 0;
    }
    double best =
        bestWhole(tables, number, devices - 1, lane) + bestPart(tables, number, 100, lane);
    for (RequestMix.Kind kind : tables.kinds()) {
      int count = kind.demand().count();
      if (count > 1 && count <= devices && kind.demand().accepts(number)) {
        best =
            Math.max(
                best, bestWhole(tables, number, devices - count, lane) + gain(tables, kind, lane));
      }
    }
    return best;
  }

  private static double gain(PatternTables tables, RequestMix.Kind kind, int lane) {
    float used = tables.side().amount(kind.demand().cpuMilli(), kind.meanMemoryBytes());
    return Math.max(0, kind.price - tables.side().prices()[lane] * used);
  }
}
