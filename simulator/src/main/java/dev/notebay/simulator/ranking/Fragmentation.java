package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.NodeState;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.placement.Room;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How much of a node's free GPU a typical request could not use: F in "Beware of Fragmentation"
 * (Weng et al., USENIX ATC'23), section 3.
 *
 * <ol>
 *   <li>Typical requests are the most frequent kinds (CPU, GPU, accepted models; not memory), until
 *       they are 95 % of all; their shares are scaled to 1.
 *   <li>To a kind that wants no GPU, does not accept the model, wants more CPU than is free or does
 *       not fit on the GPUs, all that is free is a fragment; to any other, each GPU with less free
 *       than it wants of one.
 *   <li>F is the mean over the kinds.
 * </ol>
 *
 * <p>For each model and each threshold of CPU the shares are summed up beforehand over what is
 * wanted of one GPU, so that F takes one look per GPU. All GPUs of a node are of one model.
 */
public final class Fragmentation {
  private static final double COVERED = 0.95;
  private static final int MOST_COUNT = Accelerator.MAXIMUM_COUNT;

  /** A kind of request, and how many of all it is. */
  private record Kind(long cpuMilli, Accelerator accelerator) {}

  /**
   * What fits into that much CPU on one model.
   *
   * @param oneGpu share of the kinds that want one GPU and of it at most so many thousandths
   * @param wholeGpus share of the kinds that want so many GPUs; more than one
   */
  private record Fitting(double[] oneGpu, double[] wholeGpus) {}

  private final long[] cpuThresholds;
  private final Fitting[][] byModelAndCpu;

  /**
   * @param requests all of the workload
   */
  public Fragmentation(List<Request> requests, FleetState fleet) {
    Map<Kind, Double> typical = typical(requests);
    cpuThresholds =
        typical.keySet().stream().mapToLong(Kind::cpuMilli).sorted().distinct().toArray();
    byModelAndCpu = new Fitting[fleet.classes()][cpuThresholds.length];
    for (int model = 0; model < byModelAndCpu.length; model++) {
      for (int step = 0; step < cpuThresholds.length; step++) {
        byModelAndCpu[model][step] = fitting(typical, fleet, model, cpuThresholds[step]);
      }
    }
  }

  private static Map<Kind, Double> typical(List<Request> requests) {
    Map<Kind, Integer> counts = new HashMap<>();
    for (Request request : requests) {
      counts.merge(new Kind(request.compute().cpuMilli(), request.accelerator()), 1, Integer::sum);
    }
    List<Map.Entry<Kind, Integer>> byFrequency = new ArrayList<>(counts.entrySet());
    byFrequency.sort(
        Map.Entry.<Kind, Integer>comparingByValue()
            .reversed()
            .thenComparing(entry -> entry.getKey().toString()));
    Map<Kind, Double> typical = new HashMap<>();
    double sum = 0;
    for (Map.Entry<Kind, Integer> entry : byFrequency) {
      if (sum < COVERED * requests.size()) {
        typical.put(entry.getKey(), (double) entry.getValue());
        sum += entry.getValue();
      }
    }
    double all = sum;
    typical.replaceAll((_, count) -> count / all);
    return typical;
  }

  private static Fitting fitting(
      Map<Kind, Double> typical, FleetState fleet, int model, long cpuMilli) {
    var oneGpu = new double[Accelerator.WHOLE + 1];
    var wholeGpus = new double[MOST_COUNT + 1];
    typical.forEach(
        (kind, share) -> {
          Accelerator wanted = kind.accelerator();
          boolean accepts = wanted.types().stream().anyMatch(t -> fleet.classOf(t) == model);
          if (accepts && kind.cpuMilli() <= cpuMilli) {
            if (wanted.count() == 1) {
              oneGpu[wanted.milli()] += share;
            } else {
              wholeGpus[wanted.count()] += share;
            }
          }
        });
    for (int milli = 1; milli <= Accelerator.WHOLE; milli++) {
      oneGpu[milli] += oneGpu[milli - 1];
    }
    return new Fitting(oneGpu, wholeGpus);
  }

  /** Thousandths of GPU that are free and no use, of a node whose room is this. */
  public double of(NodeState node, Room room) {
    int total = 0;
    int most = 0;
    int whole = 0;
    int parts = 0;
    for (int device = 0; device < room.devices(); device++) {
      int milli = room.milli(device);
      total += milli;
      most = Math.max(most, milli);
      if (room.isWhole(device)) {
        whole++;
      } else {
        parts += milli;
      }
    }
    int step = stepOf(room.cpuMilli());
    if (total == 0 || step < 0) {
      return total;
    }
    Fitting fitting = byModelAndCpu[node.classOf(0)][step];
    double[] oneGpu = fitting.oneGpu();
    double hosted = oneGpu[most];
    double fragments = 0;
    for (int device = 0; device < room.devices(); device++) {
      int milli = room.milli(device);
      fragments += milli * (oneGpu[most] - oneGpu[milli]);
    }
    for (int count = 2; count <= whole; count++) {
      hosted += fitting.wholeGpus()[count];
      fragments += fitting.wholeGpus()[count] * parts;
    }
    return fragments + (1 - hosted) * total;
  }

  /** Position of the highest threshold that is free, or -1. */
  private int stepOf(long cpuMilli) {
    int place = Arrays.binarySearch(cpuThresholds, cpuMilli);
    return place >= 0 ? place : -2 - place;
  }
}
