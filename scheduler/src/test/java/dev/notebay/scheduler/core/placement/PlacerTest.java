package dev.notebay.scheduler.core.placement;

import static dev.notebay.scheduler.core.Sessions.GIBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.fleet.Node.Taken;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacerTest {
  private static final Compute SMALL = new Compute(1000, 2 * GIBIBYTE);
  private static final Accelerator T4 = new Accelerator("nvidia-t4", 1);

  private final FleetState fleet =
      FleetState.of(
          List.of(
              node("a", "nvidia-t4", "nvidia-t4", "nvidia-t4", "nvidia-t4"),
              node("b", "nvidia-t4", "nvidia-t4"),
              node("c"),
              node("d", "nvidia-l4", "nvidia-a100")));
  private final Placer placer = new Placer(fleet, new PatternValue(fleet));

  private static Node node(String name, String... types) {
    return node(name, Map.of(), Optional.empty(), types);
  }

  private static Node node(
      String name, Map<String, String> labels, Optional<String> unavailable, String... types) {
    List<Device> devices =
        IntStream.range(0, types.length)
            .mapToObj(index -> new Device(name + index, types[index], 16 * GIBIBYTE, false, true))
            .toList();
    return new Node(name, 8000, 32 * GIBIBYTE, devices, labels, unavailable);
  }

  private static Accelerator share(int milli, long memory, String... types) {
    return new Accelerator(List.of(types), 1, milli, memory);
  }

  private Decision decide(Accelerator accelerator) {
    return placer.decide(new Request(accelerator, SMALL));
  }

  private Allotment place(Request request) {
    assertThat(placer.decide(request)).isInstanceOf(Decision.Place.class);
    Allotment allotment = ((Decision.Place) placer.decide(request)).allotment();
    fleet.take(allotment);
    return allotment;
  }

  private Allotment place(Accelerator accelerator) {
    return place(new Request(accelerator, SMALL));
  }

  @Test
  void placesNothingOnANodeWithAcceleratorsThatNeedsNone() {
    assertThat(place(Accelerator.NONE)).isEqualTo(new Allotment("c", List.of(), 1000, 0, SMALL));
  }

  @Test
  void takesTheFirstFreeDevicesOfTheFullestNode() {
    assertThat(place(T4).devices()).containsExactly("b0");
    assertThat(place(T4).devices()).containsExactly("b1");
    assertThat(place(new Accelerator("nvidia-t4", 3)).devices()).containsExactly("a0", "a1", "a2");
  }

  @Test
  void putsSharesTogetherOnOneDevice() {
    Allotment first = place(share(300, 0, "nvidia-t4"));
    Allotment second = place(share(300, 0, "nvidia-t4"));

    assertThat(first.devices()).containsExactly("b0").isEqualTo(second.devices());
    assertThat(first.memoryBytes()).isEqualTo(16 * GIBIBYTE / 1000 * 300);
  }

  @Test
  void givesNoDeviceMemoryTwice() {
    assertThat(place(share(100, 10 * GIBIBYTE, "nvidia-t4")).devices()).containsExactly("b0");
    assertThat(place(share(100, 10 * GIBIBYTE, "nvidia-t4")).devices()).containsExactly("b1");
    assertThat(place(share(100, 6 * GIBIBYTE, "nvidia-t4")).devices()).containsExactly("b0");
    // Of what is stated, a share that states none gets its part: 3.2 GiB here.
    assertThat(place(share(200, 0, "nvidia-t4")).devices()).containsExactly("b1");

    place(share(100, 16 * GIBIBYTE, "nvidia-l4"));
    assertThat(decide(share(100, 1, "nvidia-l4")))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> assertThat(wait.reason()).isEqualTo(WaitReason.ACCELERATOR_MEMORY_BUSY));
  }

  @Test
  void takesAWholeDeviceOnlyWhereNobodyHasAShare() {
    place(share(100, 0, "nvidia-a100"));

    assertThat(decide(new Accelerator("nvidia-a100", 1)))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait ->
                assertThat(wait.refusals())
                    .containsOnly(
                        Map.entry(WaitReason.ACCELERATOR_BUSY, 1),
                        Map.entry(WaitReason.ACCELERATOR_MISMATCH, 3)));
  }

  @Test
  void takesTheSecondClassOnlyWhenThereIsNoRoomForTheFirst() {
    var preferred = new Accelerator(List.of("nvidia-a100", "nvidia-l4"), 1, 1000, 0);

    assertThat(place(preferred).devices()).containsExactly("d1");
    assertThat(place(preferred).devices()).containsExactly("d0");
    assertThat(decide(preferred)).isInstanceOf(Decision.Wait.class);
  }

  @Test
  void takesOneClassOnlyForOneSessionOnANodeOfSeveral() {
    var both = new Accelerator(List.of("nvidia-a100", "nvidia-l4"), 2, 1000, 0);
    var request = new Request(both, SMALL, Request.Choice.BEST_RANKED, Map.of(), Optional.empty());

    assertThat(placer.decide(request)).isInstanceOf(Decision.Never.class);
  }

  @Test
  void choosesNodesByLabel() {
    fleet.put(node("e", Map.of("zone", "east", "disk", "ssd"), Optional.empty(), "nvidia-t4"));
    var east = new Request(T4, SMALL, Map.of("zone", "east"), Optional.empty());

    assertThat(place(east).node()).isEqualTo("e");
    assertThat(placer.decide(east))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait ->
                assertThat(wait.refusals())
                    .containsOnly(
                        Map.entry(WaitReason.ACCELERATOR_BUSY, 1),
                        Map.entry(WaitReason.NODE_LABELS_MISMATCH, 4)));
    assertThat(placer.decide(new Request(T4, SMALL, Map.of("zone", "west"), Optional.empty())))
        .isEqualTo(
            new Decision.Never(
                "NODE_LABELS_IMPOSSIBLE",
                "no node has the labels zone=west; possible: zone=east",
                Map.of("labels", "zone=west", "possible", "zone=east")));
  }

  @Test
  void goesOnlyWhereTheVolumeIs() {
    var onA = new Request(T4, SMALL, Map.of(), Optional.of("a"));

    assertThat(place(onA).node()).isEqualTo("a");
    assertThat(placer.decide(new Request(T4, SMALL, Map.of(), Optional.of("c"))))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never ->
                assertThat(never.message())
                    .isEqualTo(
                        "node c, where the volume is, has not nvidia-t4 x1; possible: none (this"
                            + " fleet has no accelerators)"));
  }

  @Test
  void waitsForAVolumeWhoseNodeIsAway() {
    var gone = new Request(T4, SMALL, Map.of(), Optional.of("gone"));

    assertThat(placer.decide(gone))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> {
              assertThat(wait.reason()).isEqualTo(WaitReason.VOLUME_ELSEWHERE);
              assertThat(wait.refusals()).containsEntry(WaitReason.VOLUME_ELSEWHERE, 2);
            });
  }

  @Test
  void waitsForANodeThatIsUnavailableInsteadOfGivingUp() {
    fleet.put(node("d", Map.of(), Optional.of("not ready"), "nvidia-l4", "nvidia-a100"));

    assertThat(decide(new Accelerator("nvidia-a100", 1)))
        .isEqualTo(
            new Decision.Wait(
                WaitReason.NODE_UNAVAILABLE,
                "no node has room for nvidia-a100 x1 with 1000m CPU and 2048 MiB now (nodes: 4;"
                    + " 1 unavailable, 3 without such an accelerator)",
                Map.of(WaitReason.NODE_UNAVAILABLE, 1, WaitReason.ACCELERATOR_MISMATCH, 3)));
  }

  @Test
  void givesNothingThatOthersHaveAndWaitsForThemToLeave() {
    Node node = node("e", "nvidia-t4", "nvidia-t4");
    fleet.remove("a");
    fleet.remove("b");
    fleet.put(with(node, false, new Taken(7500, 31 * GIBIBYTE, Set.of("e1"))));
    assertThat(decide(T4)).isInstanceOf(Decision.Wait.class);

    fleet.put(with(node, false, new Taken(1000, 0, Set.of("e1"))));
    assertThat(place(T4).devices()).containsExactly("e0");
    assertThat(decide(T4)).isInstanceOf(Decision.Wait.class);

    fleet.put(node);
    assertThat(place(T4).devices()).containsExactly("e1");
  }

  @Test
  void keepsSessionsWithoutAcceleratorsFromNodesThatAreOnlyForOthers() {
    fleet.put(with(node("c"), true, Taken.NOTHING));
    fleet.put(with(node("b", "nvidia-t4", "nvidia-t4"), true, Taken.NOTHING));
    assertThat(place(T4).node()).isEqualTo("b");
    assertThat(place(Accelerator.NONE).node()).isIn("a", "d");

    fleet.remove("a");
    fleet.remove("d");
    assertThat(decide(Accelerator.NONE))
        .isEqualTo(
            new Decision.Never(
                "NODES_FOR_ACCELERATORS",
                "no node is for sessions without an accelerator",
                Map.of()));
  }

  private static Node with(Node node, boolean onlyWithDevices, Taken taken) {
    return new Node(
        node.name(),
        node.cpuMilli(),
        node.memoryBytes(),
        node.devices(),
        node.labels(),
        node.unavailable(),
        onlyWithDevices,
        taken);
  }

  @Test
  void countsNodesThatAreKeptForOthers() {
    int kept = fleet.indexOf("b");
    int alsoKept = fleet.indexOf("a");

    assertThat(placer.decide(new Request(T4, SMALL), node -> node != kept))
        .isInstanceOfSatisfying(
            Decision.Place.class, place -> assertThat(place.allotment().node()).isEqualTo("a"));
    assertThat(placer.decide(new Request(T4, SMALL), node -> node != kept && node != alsoKept))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait ->
                assertThat(wait.refusals())
                    .containsOnly(
                        Map.entry(WaitReason.WAITING_BEHIND_OTHERS, 2),
                        Map.entry(WaitReason.ACCELERATOR_MISMATCH, 2)));
  }

  @Test
  void neverPlacesAnUnknownAcceleratorUntilANodeHasIt() {
    var h100 = new Accelerator("nvidia-h100", 1);

    assertThat(decide(h100))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never ->
                assertThat(never.message())
                    .isEqualTo(
                        "no node has nvidia-h100 x1; possible: none, nvidia-a100 x1..1 or shares,"
                            + " nvidia-l4 x1..1 or shares, nvidia-t4 x1..4 or shares"));
    fleet.put(node("e", "nvidia-h100"));
    assertThat(place(h100).node()).isEqualTo("e");
  }

  @Test
  void placesSharesOnlyWhereTheyAreAllowed() {
    fleet.put(
        new Node(
            "e",
            8000,
            32 * GIBIBYTE,
            List.of(
                new Device("e0", "nvidia-p100", 16 * GIBIBYTE, false),
                new Device("e1", "nvidia-p100", 16 * GIBIBYTE, false, true),
                new Device("e2", "nvidia-h200", 16 * GIBIBYTE, false))));

    assertThat(place(share(600, 0, "nvidia-p100")).devices()).containsExactly("e1");
    assertThat(decide(share(600, 0, "nvidia-p100")))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> assertThat(wait.reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY));
    assertThat(place(new Accelerator("nvidia-p100", 1)).devices()).containsExactly("e0");
    assertThat(decide(share(500, 0, "nvidia-h200")))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never -> {
              assertThat(never.reason()).isEqualTo("ACCELERATOR_NOT_SHARED");
              assertThat(never.message())
                  .startsWith(
                      "no node shares nvidia-h200 among sessions (wanted: nvidia-h200 x0.5);"
                          + " possible: none, ")
                  .contains("nvidia-h200 x1..1, nvidia-l4 x1..1 or shares");
            });
  }

  @Test
  void neverPlacesMoreComputeThanTheNodesWithTheAcceleratorHave() {
    fleet.put(new Node("big", 64_000, GIBIBYTE << 10, List.of()));

    assertThat(placer.decide(new Request(T4, new Compute(8001, GIBIBYTE))))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never ->
                assertThat(never.message())
                    .isEqualTo(
                        "no node with that accelerator has 8001m CPU and 1024 MiB; at most: 8000m"
                            + " CPU and 32768 MiB"));
  }

  @Test
  void remembersWhatSessionsHoldOfANodeThatGoesAndComesBackSmaller() {
    Allotment held = place(new Accelerator("nvidia-t4", 2));
    assertThat(held.node()).isEqualTo("b");
    fleet.remove("b");
    fleet.put(node("b", "nvidia-t4"));

    assertThat(fleet.node(fleet.indexOf("b")).room().totalMilli()).isZero();
    fleet.release(held);
    assertThat(fleet.node(fleet.indexOf("b")).room().totalMilli()).isEqualTo(1000);
  }
}
