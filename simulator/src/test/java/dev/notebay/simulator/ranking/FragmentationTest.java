package dev.notebay.simulator.ranking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class FragmentationTest {
  private static final List<String> MODELS = List.of("p100", "t4");

  /** Twenty kinds, each as frequent as any, so that nineteen are typical: here all are the same. */
  @RepeatedTest(20)
  void isTheMeanOfWhatEachTypicalRequestCouldNotUse(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    List<Request> kinds = new ArrayList<>();
    for (int kind = 0; kind < 10; kind++) {
      kinds.add(request(random, 1000 * (1 + kind)));
    }
    var fleet = FleetState.of(List.of(node("a", "t4"), node("b", "p100")));
    var placer = new Placer(fleet, new BestFit());
    var fragmentation = new Fragmentation(kinds, fleet);
    for (int step = 0; step < 10; step++) {
      if (placer.decide(request(random, 500)) instanceof Decision.Place(var allotment, _)) {
        fleet.take(allotment);
      }
      for (String name : List.of("a", "b")) {
        NodeState node = fleet.node(fleet.indexOf(name));
        String model = name.equals("a") ? "t4" : "p100";
        double mean =
            kinds.stream().mapToInt(kind -> unusable(kind, model, node.room())).average().orElse(0);
        assertThat(fragmentation.of(node, node.room())).isCloseTo(mean, within(1e-6));
      }
    }
  }

  /** The definition, word for word. */
  private static int unusable(Request kind, String model, Room room) {
    Accelerator wanted = kind.accelerator();
    int fitting = 0;
    int tooSmall = 0;
    for (int device = 0; device < room.devices(); device++) {
      if (room.milli(device) >= wanted.milli()) {
        fitting++;
      } else {
        tooSmall += room.milli(device);
      }
    }
    boolean hosts =
        wanted.count() > 0
            && wanted.types().contains(model)
            && room.cpuMilli() >= kind.compute().cpuMilli()
            && fitting >= wanted.count();
    return hosts ? tooSmall : room.totalMilli();
  }

  private static Request request(SplittableRandom random, long cpuMilli) {
    Accelerator accelerator =
        switch (random.nextInt(4)) {
          case 0 -> Accelerator.NONE;
          case 1 -> new Accelerator(MODELS, 1 + random.nextInt(4), 1000, 0);
          case 2 -> new Accelerator("t4", 1);
          default -> new Accelerator(MODELS, 1, 1 + random.nextInt(999), 0);
        };
    return new Request(
        accelerator,
        new Compute(cpuMilli, 1),
        Request.Choice.BEST_RANKED,
        Map.of(),
        Optional.empty());
  }

  private static Node node(String name, String model) {
    return new Node(
        name,
        9000,
        1 << 20,
        List.of(
            new Device("0", model, 0, false, true),
            new Device("1", model, 0, false, true),
            new Device("2", model, 0, false, true),
            new Device("3", model, 0, false, true)));
  }
}
