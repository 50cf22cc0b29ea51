package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.List;
import java.util.Map;

/**
 * A request in the numbers of one {@link FleetState}, with acceptable classes between which nothing
 * but the ranking chooses.
 */
public final class Demand {
  private final Accelerator accelerator;
  private final Compute compute;
  private final Map<String, String> nodeLabels;
  private final boolean[] accepted;

  private Demand(Request request, Accelerator accelerator, FleetState fleet) {
    this.accelerator = accelerator;
    this.compute = request.compute();
    this.nodeLabels = request.nodeLabels();
    this.accepted = new boolean[fleet.classes()];
    for (String type : accelerator.types()) {
      int number = fleet.classOf(type);
      if (number >= 0) {
        accepted[number] = true;
      }
    }
  }

  /** All that the request accepts, whatever it prefers. */
  public static Demand of(Request request, FleetState fleet) {
    return new Demand(request, request.accelerator(), fleet);
  }

  /** One after the other is to be tried. */
  static List<Demand> inOrder(Request request, FleetState fleet) {
    return switch (request.choice()) {
      case BEST_RANKED -> List.of(of(request, fleet));
      case FIRST_WITH_ROOM ->
          request.accelerator().types().stream()
              .map(type -> new Demand(request, request.accelerator().only(type), fleet))
              .toList();
    };
  }

  public long cpuMilli() {
    return compute.cpuMilli();
  }

  public long memoryBytes() {
    return compute.memoryBytes();
  }

  /** Devices on one node, maybe 0. */
  public int count() {
    return accelerator.count();
  }

  /** Thousandths of each device. */
  public int milli() {
    return accelerator.milli();
  }

  public boolean isShare() {
    return accelerator.isShare();
  }

  /** Thousandths of all its devices together. */
  public int totalMilli() {
    return accelerator.count() * accelerator.milli();
  }

  /**
   * @param acceleratorClass number in the fleet
   */
  public boolean accepts(int acceleratorClass) {
    return acceleratorClass < accepted.length && accepted[acceleratorClass];
  }

  Compute compute() {
    return compute;
  }

  Accelerator accelerator() {
    return accelerator;
  }

  Map<String, String> nodeLabels() {
    return nodeLabels;
  }

  /**
   * @param capacity GPU memory of the device; 0 where it is not known
   * @return GPU memory that it needs of that device
   */
  long memoryOf(long capacity) {
    return accelerator.memoryBytes() > 0 || !accelerator.isShare()
        ? accelerator.memoryBytes()
        : capacity / Accelerator.WHOLE * accelerator.milli();
  }
}
