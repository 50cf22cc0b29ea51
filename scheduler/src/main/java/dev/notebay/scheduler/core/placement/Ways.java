package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the ways in which one node can take a demand, and the best of them. Makes no garbage, for
 * it is asked about every node that has changed.
 *
 * <ol>
 *   <li>Whole devices: the first free ones of each acceptable class.
 *   <li>A share: each device with room that may be shared, of equal ones the first.
 *   <li>No device: one way.
 * </ol>
 */
final class Ways {
  private final Ranking ranking;
  private final Taking taking = new Taking();
  private final Taking best = new Taking();
  private long bestScore;

  Ways(Ranking ranking) {
    this.ranking = ranking;
  }

  /**
   * @return the best way's score, or {@link Ranking#WORST} if there is none
   */
  long score(NodeState node, Demand demand) {
    bestScore = Ranking.WORST;
    if (node.isAvailable()
        && hasCompute(node, demand)
        && hasLabels(node, demand)
        && isOpenTo(node, demand)) {
      if (demand.count() == 0) {
        taking.clear();
        rank(node, demand);
      } else if (demand.isShare()) {
        rankShares(node, demand);
      } else {
        for (int acceleratorClass : node.distinctClasses()) {
          if (demand.accepts(acceleratorClass)) {
            rankWhole(node, demand, acceleratorClass);
          }
        }
      }
    }
    return bestScore;
  }

  /** On that node, where the demand must fit. */
  Decision.Place place(NodeState node, Demand demand) {
    if (score(node, demand) == Ranking.WORST) {
      throw new IllegalArgumentException("node: " + node.name() + " (expected: one that fits)");
    }
    List<Device> devices = node.node().orElseThrow().devices();
    List<String> ids = new ArrayList<>(best.count());
    long memory = 0;
    String type = Accelerator.NONE.type();
    for (int position = 0; position < best.count(); position++) {
      Device device = devices.get(best.device(position));
      ids.add(device.id());
      memory = demand.memoryOf(device.memoryBytes());
      type = device.type();
    }
    return new Decision.Place(
        new Allotment(node.name(), ids, demand.milli(), memory, demand.compute()), type);
  }

  private static boolean hasCompute(NodeState node, Demand demand) {
    return node.room().cpuMilli() >= demand.cpuMilli()
        && node.room().memoryBytes() >= demand.memoryBytes();
  }

  private void rankWhole(NodeState node, Demand demand, int acceleratorClass) {
    Room room = node.room();
    taking.clear();
    for (int device = 0; device < room.devices() && taking.count() < demand.count(); device++) {
      if (room.isWhole(device)
          && node.classOf(device) == acceleratorClass
          && node.memoryOf(device) >= demand.memoryOf(0)) {
        taking.add(device);
      }
    }
    if (taking.count() == demand.count()) {
      rank(node, demand);
    }
  }

  private void rankShares(NodeState node, Demand demand) {
    Room room = node.room();
    for (int device = 0; device < room.devices(); device++) {
      if (room.milli(device) >= demand.milli()
          && demand.accepts(node.classOf(device))
          && node.isShareable(device)
          && hasMemory(node, device, demand)
          && !isLikeAnEarlierOne(node, device)) {
        taking.clear();
        taking.add(device);
        rank(node, demand);
      }
    }
  }

  private static boolean hasMemory(NodeState node, int device, Demand demand) {
    return node.room().deviceMemory(device) >= demand.memoryOf(node.memoryOf(device));
  }

  private static boolean isLikeAnEarlierOne(NodeState node, int device) {
    Room room = node.room();
    for (int earlier = 0; earlier < device; earlier++) {
      if (node.isShareable(earlier)
          && room.milli(earlier) == room.milli(device)
          && room.deviceMemory(earlier) == room.deviceMemory(device)
          && node.memoryOf(earlier) == node.memoryOf(device)
          && node.classOf(earlier) == node.classOf(device)) {
        return true;
      }
    }
    return false;
  }

  private void rank(NodeState node, Demand demand) {
    long score = ranking.score(node, taking, demand);
    if (score < bestScore) {
      bestScore = score;
      best.set(taking);
    }
  }

  /** The first reason that is true of a node that does not take the demand. */
  static WaitReason refusal(NodeState state, Demand demand) {
    Node node = state.node().orElseThrow();
    if (!hasLabels(state, demand)) {
      return WaitReason.NODE_LABELS_MISMATCH;
    }
    if (!isOpenTo(state, demand)) {
      return WaitReason.NODE_FOR_ACCELERATORS;
    }
    if (mostDevices(state, demand, Look.WHEN_EMPTY) < demand.count()) {
      return WaitReason.ACCELERATOR_MISMATCH;
    }
    if (node.cpuMilli() < demand.cpuMilli() || node.memoryBytes() < demand.memoryBytes()) {
      return WaitReason.NODE_TOO_SMALL;
    }
    if (!state.isAvailable()) {
      return WaitReason.NODE_UNAVAILABLE;
    }
    if (mostDevices(state, demand, Look.NOW_BUT_FOR_MEMORY) < demand.count()) {
      return WaitReason.ACCELERATOR_BUSY;
    }
    if (mostDevices(state, demand, Look.NOW) < demand.count()) {
      return WaitReason.ACCELERATOR_MEMORY_BUSY;
    }
    return state.room().cpuMilli() < demand.cpuMilli()
        ? WaitReason.CPU_BUSY
        : WaitReason.MEMORY_BUSY;
  }

  private static boolean hasLabels(NodeState state, Demand demand) {
    return demand.nodeLabels().isEmpty()
        || state
            .node()
            .orElseThrow()
            .labels()
            .entrySet()
            .containsAll(demand.nodeLabels().entrySet());
  }

  private static boolean isOpenTo(NodeState state, Demand demand) {
    return demand.count() > 0 || !state.node().orElseThrow().onlyWithDevices();
  }

  /** How a device is looked at. */
  private enum Look {
    WHEN_EMPTY,
    NOW_BUT_FOR_MEMORY,
    NOW
  }

  /** The most of one acceptable class that could each give their part. */
  private static int mostDevices(NodeState state, Demand demand, Look look) {
    int most = 0;
    for (int acceleratorClass : state.distinctClasses()) {
      if (!demand.accepts(acceleratorClass)) {
        continue;
      }
      int count = 0;
      for (int device = 0; device < state.room().devices(); device++) {
        if (state.classOf(device) == acceleratorClass
            && (!demand.isShare() || state.isShareable(device))
            && state.memoryOf(device) >= demand.memoryOf(state.memoryOf(device))
            && gives(state, device, demand, look)) {
          count++;
        }
      }
      most = Math.max(most, count);
    }
    return most;
  }

  private static boolean gives(NodeState state, int device, Demand demand, Look look) {
    return switch (look) {
      case WHEN_EMPTY -> true;
      case NOW_BUT_FOR_MEMORY -> state.room().milli(device) >= demand.milli();
      case NOW ->
          gives(state, device, demand, Look.NOW_BUT_FOR_MEMORY)
              && (!demand.isShare() || hasMemory(state, device, demand));
    };
  }
}
