package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is asked for, and how often: the requests so far by kind. The past is forgotten by halves,
 * so that the mix follows what people want now, and never grows without bound.
 */
final class RequestMix {
  private static final int HALVED_AT = 1 << 16;
  private static final int MOST_KINDS = 1 << 12;

  /** The kinds that matter are those that want most of the GPU in all, until this part of it. */
  private static final double COVERED = 0.97;

  private static final int MOST_CONSIDERED = 64;

  /** Requests that a placement cannot tell apart, but by their memory. */
  static final class Kind {
    private Demand demand;
    private double requests;
    private double memoryBytes;

    /** What one of them is worth, in thousandths of a GPU; at first what it takes. */
    double price;

    private Kind(Demand demand) {
      this.demand = demand;
      this.price = demand.totalMilli();
    }

    Demand demand() {
      return demand;
    }

    double requests() {
      return requests;
    }

    double cpuMilli() {
      return demand.cpuMilli();
    }

    /** Of one of them, on average. */
    double meanMemoryBytes() {
      return memoryBytes / requests;
    }

    /** Of all of them. */
    double wantedMilli() {
      return requests * demand.totalMilli();
    }
  }

  private record Key(long cpuMilli, Accelerator accelerator) {}

  private final Map<Key, Kind> kinds = new LinkedHashMap<>();
  private double requests;

  /** How many have been made; the past counts less. */
  double requests() {
    return requests;
  }

  /** Thousandths of a GPU that all of them want. */
  double wantedMilli() {
    return kinds.values().stream().mapToDouble(Kind::wantedMilli).sum();
  }

  void add(Demand demand) {
    Kind kind =
        kinds.computeIfAbsent(
            new Key(demand.cpuMilli(), demand.accelerator()), _ -> new Kind(demand));
    // The newest knows all classes that the fleet has had.
    kind.demand = demand;
    kind.requests++;
    kind.memoryBytes += demand.memoryBytes();
    requests++;
    if (requests >= HALVED_AT || kinds.size() > MOST_KINDS) {
      halve();
    }
  }

  private void halve() {
    requests = 0;
    for (Kind kind : kinds.values()) {
      kind.requests /= 2;
      kind.memoryBytes /= 2;
    }
    // Rarest first to go; what was asked for once in the last half is not a habit.
    kinds.values().removeIf(kind -> kind.requests < 1);
    kinds.values().forEach(kind -> requests += kind.requests);
  }

  List<Kind> all() {
    return List.copyOf(kinds.values());
  }

  /** The kinds that want most GPU, in the order in which they came. */
  List<Kind> considered() {
    List<Kind> inOrder = kinds.values().stream().filter(kind -> kind.demand().count() > 0).toList();
    List<Kind> byWeight = new ArrayList<>(inOrder);
    byWeight.sort(Comparator.comparingDouble(Kind::wantedMilli).reversed());
    double all = byWeight.stream().mapToDouble(Kind::wantedMilli).sum();
    double covered = 0;
    int count = 0;
    while (count < byWeight.size() && count < MOST_CONSIDERED && covered < COVERED * all) {
      covered += byWeight.get(count++).wantedMilli();
    }
    List<Kind> heaviest = byWeight.subList(0, count);
    return inOrder.stream().filter(heaviest::contains).toList();
  }
}
