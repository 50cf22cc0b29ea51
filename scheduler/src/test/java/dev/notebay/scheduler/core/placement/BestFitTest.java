package dev.notebay.scheduler.core.placement;

import static dev.notebay.scheduler.core.Sessions.GIBIBYTE;
import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.Sessions.running;
import static dev.notebay.scheduler.core.Sessions.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

class BestFitTest {
  private static final Compute SMALL = new Compute(1000, 2 * GIBIBYTE);
  private static final List<Node> FLEET =
      List.of(node("a", 4, "nvidia-t4"), node("b", 2, "nvidia-t4"), node("c", 0, "nvidia-t4"));

  private final BestFit placement = new BestFit();

  private Decision decide(Accelerator accelerator, Compute compute, Session... holders) {
    return placement.decide(accelerator, compute, FleetSnapshot.of(FLEET, List.of(holders)));
  }

  private static Decision place(Compute compute, String node, String... devices) {
    return new Decision.Place(
        new Allotment(node, List.of(devices), 1000, 0, compute),
        devices.length == 0 ? "none" : "nvidia-t4");
  }

  @Test
  void keepsSessionsWithoutAcceleratorOffNodesThatHaveThem() {
    assertThat(decide(Accelerator.NONE, SMALL)).isEqualTo(place(SMALL, "c"));
  }

  @Test
  void takesTheNodeThatIsFullestAfterwards() {
    assertThat(decide(new Accelerator("nvidia-t4", 1), SMALL)).isEqualTo(place(SMALL, "b", "b-0"));
  }

  private static Accelerator either(String... types) {
    return new Accelerator(List.of(types), 1, Accelerator.WHOLE, 0);
  }

  @Test
  void takesTheNextClassWhereThePreferredIsNotThereOrNotFree() {
    assertThat(decide(either("nvidia-a100", "nvidia-t4"), SMALL))
        .isEqualTo(place(SMALL, "b", "b-0"));
    assertThat(decide(either("nvidia-a100", "nvidia-h100"), SMALL))
        .isInstanceOf(Decision.Never.class);
    assertThat(
            decide(
                new Accelerator(List.of("nvidia-t4", "nvidia-h100"), 4, Accelerator.WHOLE, 0),
                SMALL,
                running(1, spec("nvidia-t4", 1), "a", "a-3")))
        .isInstanceOf(Decision.Wait.class);
  }

  @Test
  void takesOnlyDevicesWithAsMuchMemoryAsIsWanted() {
    long has = FLEET.getFirst().devices().getFirst().memoryBytes();

    assertThat(decide(new Accelerator(List.of("nvidia-t4"), 1, Accelerator.WHOLE, has), SMALL))
        .isInstanceOf(Decision.Place.class);
    assertThat(decide(new Accelerator(List.of("nvidia-t4"), 1, Accelerator.WHOLE, has + 1), SMALL))
        .isInstanceOf(Decision.Never.class);
  }

  @Test
  void takesDevicesThatNobodyHolds() {
    assertThat(
            decide(
                new Accelerator("nvidia-t4", 1),
                SMALL,
                running(1, spec("nvidia-t4", 1), "b", "b-0")))
        .isEqualTo(place(SMALL, "b", "b-1"));
  }

  @Test
  void waitsForDevicesWithTheNumbers() {
    var decision =
        decide(
            new Accelerator("nvidia-t4", 4), SMALL, running(1, spec("nvidia-t4", 1), "a", "a-3"));

    assertThat(decision)
        .isEqualTo(
            new Decision.Wait(
                WaitReason.ACCELERATOR_BUSY,
                "all nvidia-t4 are taken (wanted on one node: 4, free: 3, nodes tried: 1)"));
  }

  @Test
  void waitsForCpuThatOthersHold() {
    var everything = new Compute(8000, 2 * GIBIBYTE);
    var holders =
        FLEET.stream()
            .map(node -> running(node.name().charAt(0), spec(Accelerator.NONE), node.name()))
            .toArray(Session[]::new);

    assertThat(decide(Accelerator.NONE, everything, holders))
        .isEqualTo(
            new Decision.Wait(
                WaitReason.CPU_BUSY,
                "not enough CPU is free (wanted: 8000m, free: 7000m, nodes tried: 3)"));
  }

  @Test
  void neverPlacesAnUnknownAcceleratorAndSaysWhatThereIs() {
    assertThat(decide(new Accelerator("nvidia-h100", 1), SMALL))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never -> {
              assertThat(never.reason()).isEqualTo("ACCELERATOR_IMPOSSIBLE");
              assertThat(never.message())
                  .isEqualTo("no node has nvidia-h100 x1; possible: none, nvidia-t4 x1..4");
            });
  }

  @Test
  void neverPlacesMoreThanTheLargestNodeHas() {
    assertThat(decide(new Accelerator("nvidia-t4", 5), SMALL)).isInstanceOf(Decision.Never.class);
    assertThat(decide(Accelerator.NONE, new Compute(8001, GIBIBYTE)))
        .isInstanceOfSatisfying(
            Decision.Never.class,
            never ->
                assertThat(never.message())
                    .isEqualTo(
                        "no node has 8001m CPU and 1024 MiB; at most: 8000m CPU and 32768 MiB"));
  }
}
