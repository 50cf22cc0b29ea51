package dev.notebay.scheduler.core.placement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** What always holds, over random fleets and histories. The seed is the repetition. */
class PlacerHistoryTest {
  private static final int STEPS = 300;

  /** A fleet, all that happened to it, and who holds what. */
  private static final class History {
    final RandomFleet random;
    final Map<String, Node> nodes = new HashMap<>();
    final List<Allotment> held = new ArrayList<>();
    final FleetState fleet;
    final Ranking ranking;
    final Placer placer;

    History(long seed) {
      random = new RandomFleet(new SplittableRandom(seed));
      random.nodes().forEach(node -> nodes.put(node.name(), node));
      fleet = FleetState.of(nodes.values());
      ranking = new PatternValue(fleet);
      placer = new Placer(fleet, ranking);
    }

    void step() {
      int what = random.source().nextInt(10);
      if (what < 6) {
        Request request = random.request(nodes.values());
        placer.arrived(request);
        if (placer.decide(request) instanceof Decision.Place(var taken, _)) {
          fleet.take(taken);
          held.add(taken);
        }
      } else if (what < 8 && !held.isEmpty()) {
        fleet.release(held.remove(random.source().nextInt(held.size())));
      } else if (what == 8) {
        Node node = random.node();
        nodes.put(node.name(), node);
        fleet.put(node);
      } else if (what == 9 && random.source().nextInt(4) == 0 && !nodes.isEmpty()) {
        String gone = nodes.keySet().stream().sorted().findFirst().orElseThrow();
        nodes.remove(gone);
        fleet.remove(gone);
      }
    }

    /** The same nodes and holders, reached in another way. */
    FleetState reachedOtherwise() {
      List<Runnable> steps = new ArrayList<>();
      var other = FleetState.of(List.of());
      nodes.values().forEach(node -> steps.add(() -> other.put(node)));
      held.forEach(allotment -> steps.add(() -> other.take(allotment)));
      Collections.shuffle(steps, new Random(random.source().nextLong()));
      steps.forEach(Runnable::run);
      return other;
    }
  }

  @RepeatedTest(40)
  void neverGivesMoreThanThereIs(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      Request request = history.random.request(history.nodes.values());
      if (history.placer.decide(request) instanceof Decision.Place(var taken, _)) {
        history.held.add(taken);
        assertFits(seen(history.fleet, taken.node()), history.held);
        history.held.removeLast();
      }
      history.step();
    }
  }

  private static Node seen(FleetState fleet, String node) {
    return fleet.node(fleet.indexOf(node)).node().orElseThrow();
  }

  private static void assertFits(Node node, List<Allotment> held) {
    List<Allotment> here = held.stream().filter(a -> a.node().equals(node.name())).toList();
    assertThat(here.stream().mapToLong(a -> a.compute().cpuMilli()).sum())
        .isLessThanOrEqualTo(node.cpuMilli());
    assertThat(here.stream().mapToLong(a -> a.compute().memoryBytes()).sum())
        .isLessThanOrEqualTo(node.memoryBytes());
    // A device may have gone and come back under its holders, but the newest must fit.
    for (String id : here.getLast().devices()) {
      Device device =
          node.devices().stream().filter(d -> d.id().equals(id)).findFirst().orElseThrow();
      List<Allotment> on = here.stream().filter(a -> a.devices().contains(id)).toList();
      assertThat(on.stream().mapToInt(Allotment::milli).sum()).isLessThanOrEqualTo(1000);
      assertThat(on.stream().mapToLong(Allotment::memoryBytes).sum())
          .isLessThanOrEqualTo(device.memoryBytes());
    }
  }

  @RepeatedTest(40)
  void decidesAsIfItHadRememberedNothing(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      history.step();
      Request request = history.random.request(history.nodes.values());
      var forgetful = new Placer(history.fleet, history.ranking);
      assertThat(history.placer.decide(request)).isEqualTo(forgetful.decide(request));
      assertThat(history.placer.decide(request, node -> node % 3 > 0))
          .isEqualTo(forgetful.decide(request, node -> node % 3 > 0));
    }
  }

  /** By a ranking that learns nothing, as what it learns comes of the history. */
  @RepeatedTest(40)
  void decidesByTheStateAndNotByHowItCameAbout(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      history.step();
      if (step % 10 == 0) {
        FleetState other = history.reachedOtherwise();
        var here = new Placer(history.fleet, new PatternValue(history.fleet));
        var there = new Placer(other, new PatternValue(other));
        for (int i = 0; i < 5; i++) {
          Request request = history.random.request(history.nodes.values());
          assertThat(here.decide(request)).isEqualTo(there.decide(request));
        }
      }
    }
  }

  @RepeatedTest(40)
  void countsEveryNodeOnceWhenItRefuses(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      history.step();
      Request request = history.random.request(history.nodes.values());
      int kept = history.random.source().nextInt(4);
      if (history.placer.decide(request, node -> node % 4 != kept)
          instanceof Decision.Wait(var reason, _, var refusals)) {
        assertThat(refusals.values().stream().mapToInt(Integer::intValue).sum())
            .isEqualTo(history.nodes.size());
        assertThat(refusals).containsKey(reason);
      }
    }
  }

  @RepeatedTest(40)
  void givesBackExactlyWhatWasTaken(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      history.step();
      List<String> before = rooms(history.fleet);
      if (history.placer.decide(history.random.request(history.nodes.values()))
          instanceof Decision.Place(var taken, _)) {
        history.fleet.take(taken);
        assertThat(rooms(history.fleet)).isNotEqualTo(before);
        history.fleet.release(taken);
        assertThat(rooms(history.fleet)).isEqualTo(before);
      }
    }
    history.held.forEach(history.fleet::release);
    assertThat(rooms(history.fleet)).isEqualTo(rooms(FleetState.of(history.nodes.values())));
  }

  private static List<String> rooms(FleetState fleet) {
    List<String> rooms = new ArrayList<>();
    for (int index : fleet.byName()) {
      Room room = fleet.node(index).room();
      var text = new StringBuilder(fleet.node(index).name());
      text.append(' ').append(room.cpuMilli()).append(' ').append(room.memoryBytes());
      for (int device = 0; device < room.devices(); device++) {
        text.append(' ').append(room.milli(device)).append('/').append(room.deviceMemory(device));
      }
      rooms.add(text.toString());
    }
    return rooms;
  }

  @RepeatedTest(40)
  void losesNoPlaceByANodeMore(RepetitionInfo seed) {
    var history = new History(seed.getCurrentRepetition());
    for (int step = 0; step < STEPS; step++) {
      history.step();
      Request request = history.random.request(history.nodes.values());
      if (history.placer.decide(request) instanceof Decision.Place) {
        Node more = history.random.node("another-" + step);
        history.fleet.put(more);
        assertThat(history.placer.decide(request)).isInstanceOf(Decision.Place.class);
        history.fleet.remove(more.name());
      }
    }
  }
}
