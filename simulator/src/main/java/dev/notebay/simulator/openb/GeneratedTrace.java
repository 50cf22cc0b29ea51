package dev.notebay.simulator.openb;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Nodes and pods in the shape of the openb trace, for where the trace itself is not at hand. */
public final class GeneratedTrace {
  private static final int KINDS = 150;
  private static final int PODS = 8000;

  /** Nodes of one shape: how many, model, GPUs, thousandths of a CPU, MiB. */
  private record Shape(int nodes, String model, int gpus, long cpuMilli, long memoryMib) {}

  private static final List<Shape> OPENB =
      List.of(
          new Shape(549, "g2", 8, 96_000, 393_216),
          new Shape(387, "t4", 2, 104_000, 524_288),
          new Shape(107, "p100", 2, 16_000, 122_880),
          new Shape(39, "g3", 8, 128_000, 786_432),
          new Shape(28, "v100m16", 4, 32_000, 131_072),
          new Shape(22, "p100", 2, 64_000, 262_144),
          new Shape(21, "v100m32", 8, 96_000, 786_432),
          new Shape(19, "v100m16", 1, 8_000, 32_768),
          new Shape(17, "t4", 4, 96_000, 393_216),
          new Shape(9, "v100m32", 4, 48_000, 376_832),
          new Shape(7, "v100m16", 8, 64_000, 262_144),
          new Shape(1, "v100m16", 8, 82_000, 344_064),
          new Shape(3, "p100", 1, 8_000, 61_440),
          new Shape(2, "p100", 2, 8_000, 61_440),
          new Shape(2, "a10", 1, 128_000, 1_048_576));

  private static final int[] SHARES = {810, 810, 810, 470, 470, 320, 650, 230, 460, 590, 160};

  private GeneratedTrace() {}

  /** As many nodes of each shape as in openb: 1,213 with 6,212 GPUs. */
  public static NodeList openb() {
    List<Node> nodes = new ArrayList<>();
    for (Shape shape : OPENB) {
      add(nodes, shape, shape.nodes());
    }
    return NodeList.of(nodes);
  }

  /** Nodes with eight GPUs each, four in five of one model. */
  public static NodeList large(int count) {
    List<Node> nodes = new ArrayList<>();
    add(nodes, OPENB.get(0), count - count / 5);
    add(nodes, OPENB.get(3), count / 5);
    return NodeList.of(nodes);
  }

  private static void add(List<Node> nodes, Shape shape, int count) {
    for (int index = 0; index < count; index++) {
      nodes.add(
          NodeList.node(
              "node-%06d".formatted(nodes.size()),
              shape.cpuMilli(),
              shape.memoryMib(),
              shape.gpus(),
              shape.model()));
    }
  }

  /** Of 150 kinds, some much more frequent than others; the same for the same seed. */
  public static PodList pods(NodeList nodes, long seed) {
    var random = new SplittableRandom(seed);
    List<Request> kinds = new ArrayList<>();
    while (kinds.size() < KINDS) {
      kinds.add(kind(nodes, random));
    }
    List<Request> pods = new ArrayList<>();
    while (pods.size() < PODS) {
      double skewed = Math.pow(random.nextDouble(), 3);
      pods.add(kinds.get((int) (skewed * KINDS)));
    }
    return new PodList(pods);
  }

  private static Request kind(NodeList nodes, SplittableRandom random) {
    int which = random.nextInt(1000);
    if (which < 130) {
      return new Request(Accelerator.NONE, compute(2000 + 500L * random.nextInt(28), random));
    }
    int milli = Accelerator.WHOLE;
    int count = 1;
    if (which < 510) {
      milli = SHARES[random.nextInt(SHARES.length)];
    } else if (which >= 980) {
      count = 1 << (1 + random.nextInt(3));
    }
    return new Request(
        new Accelerator(nodes.models(), count, milli, 0),
        compute(count * (3000 + 500L * random.nextInt(20)), random),
        Request.Choice.BEST_RANKED,
        Map.of(),
        Optional.empty());
  }

  private static Compute compute(long cpuMilli, SplittableRandom random) {
    return new Compute(cpuMilli, (cpuMilli * (2 + random.nextInt(4))) << 20);
  }
}
