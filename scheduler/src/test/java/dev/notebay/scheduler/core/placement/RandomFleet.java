package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Small nodes of several classes and requests that are about as large, from one source. */
record RandomFleet(SplittableRandom source) {
  private static final List<String> TYPES = List.of("nvidia-t4", "nvidia-l4", "nvidia-a100");

  List<Node> nodes() {
    return IntStream.range(0, 1 + source.nextInt(6)).mapToObj(i -> node("n" + i)).toList();
  }

  /** One of few names. */
  Node node() {
    return node("n" + source.nextInt(8));
  }

  Node node(String name) {
    String usual = type();
    List<Device> devices =
        IntStream.range(0, source.nextInt(5))
            .mapToObj(
                i ->
                    new Device(
                        "d" + i, source.nextInt(5) == 0 ? type() : usual, 16_000, false, true))
            .toList();
    return new Node(
        name,
        1000L * (1 + source.nextInt(16)),
        1000L * (1 + source.nextInt(16)),
        devices,
        Map.of("zone", zone()),
        source.nextInt(6) == 0 ? Optional.of("cordoned") : Optional.empty());
  }

  Request request(Collection<Node> nodes) {
    List<String> names = nodes.stream().map(Node::name).sorted().toList();
    return new Request(
        accelerator(),
        new Compute(500L * (1 + source.nextInt(8)), 500L * (1 + source.nextInt(8))),
        source.nextInt(3) == 0 ? Request.Choice.BEST_RANKED : Request.Choice.FIRST_WITH_ROOM,
        source.nextInt(4) == 0 ? Map.of("zone", zone()) : Map.of(),
        source.nextInt(5) == 0 && !names.isEmpty()
            ? Optional.of(names.get(source.nextInt(names.size())))
            : Optional.empty());
  }

  private Accelerator accelerator() {
    List<String> types = new ArrayList<>(TYPES);
    while (types.size() > 1 && source.nextBoolean()) {
      types.remove(source.nextInt(types.size()));
    }
    return switch (source.nextInt(3)) {
      case 0 -> Accelerator.NONE;
      case 1 -> new Accelerator(types, 1 + source.nextInt(3), 1000, 0);
      default ->
          new Accelerator(
              types,
              1,
              1 + source.nextInt(999),
              source.nextBoolean() ? 0 : 1 + source.nextInt(8000));
    };
  }

  private String type() {
    return TYPES.get(source.nextInt(TYPES.size()));
  }

  private String zone() {
    return source.nextBoolean() ? "east" : "west";
  }
}
