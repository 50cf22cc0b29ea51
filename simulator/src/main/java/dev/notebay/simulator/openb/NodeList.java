package dev.notebay.simulator.openb;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * The nodes of an openb node list that have GPUs.
 *
 * @param models accelerator classes, each once
 */
public record NodeList(List<Node> nodes, List<String> models) {
  private static final List<String> COLUMNS =
      List.of("sn", "cpu_milli", "memory_mib", "gpu", "model");
  static final long MOST = 1L << 40;

  /**
   * @throws BadInput naming line, column and value
   */
  public static NodeList read(Path file) {
    List<Node> nodes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (CsvTable.Row row : CsvTable.read(file, COLUMNS).rows()) {
      if (!names.add(row.text("sn"))) {
        throw row.bad("sn", "each node once");
      }
      int gpus = (int) row.number("gpu", 0, Accelerator.MAXIMUM_COUNT);
      if (gpus > 0) {
        nodes.add(
            node(
                row.text("sn"),
                row.number("cpu_milli", 1, MOST),
                row.number("memory_mib", 1, MOST),
                gpus,
                model(row, "model", row.text("model"))));
      }
    }
    if (nodes.isEmpty()) {
      throw new BadInput(file + ": has no node with a GPU");
    }
    return of(nodes);
  }

  static NodeList of(List<Node> nodes) {
    List<String> models =
        nodes.stream().map(node -> node.devices().getFirst().type()).distinct().sorted().toList();
    if (models.size() > Accelerator.MAXIMUM_TYPES) {
      throw new BadInput(
          "models: " + models + " (expected: at most " + Accelerator.MAXIMUM_TYPES + ")");
    }
    return new NodeList(List.copyOf(nodes), models);
  }

  static Node node(String name, long cpuMilli, long memoryMib, int gpus, String model) {
    List<Device> devices =
        IntStream.range(0, gpus)
            .mapToObj(index -> new Device("gpu-" + index, model, 0, false, true))
            .toList();
    return new Node(name, cpuMilli, memoryMib << 20, devices);
  }

  static String model(CsvTable.Row row, String column, String text) {
    String type = text.toLowerCase(Locale.ROOT);
    if (!Accelerator.isType(type)) {
      throw row.bad(column, "a GPU model such as V100M16");
    }
    return type;
  }

  /** Thousandths of all GPUs together. */
  public long capacityMilli() {
    return nodes.stream().mapToLong(node -> node.devices().size()).sum() * Accelerator.WHOLE;
  }

  /** The same nodes under names whose order is random, as ties go by name. */
  public List<Node> inRandomOrder(RandomGenerator random) {
    int[] places = IntStream.range(0, nodes.size()).toArray();
    for (int last = places.length - 1; last > 0; last--) {
      int other = random.nextInt(last + 1);
      int place = places[last];
      places[last] = places[other];
      places[other] = place;
    }
    List<Node> renamed = new ArrayList<>();
    for (int index = 0; index < places.length; index++) {
      Node node = nodes.get(index);
      renamed.add(
          new Node(
              "%06d-%s".formatted(places[index], node.name()),
              node.cpuMilli(),
              node.memoryBytes(),
              node.devices()));
    }
    return renamed;
  }
}
