package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which one node can take a demand, and the best of them. Kept to be used again, so
 * that looking at a node makes no garbage.
 *
 * <ol>
 *   <li>Whole devices: the first free ones of each acceptable class.
 *   <li>A share: each device with room, of equal ones the first.
 *   <li>No device: one way.
 * </ol>
 */
final class Way {
  private final Ranking ranking;
  private final Room after = new Room();
  private int[] taken = new int[0];
  private int[] best = new int[0];
  private int bestCount;
  private long bestScore;

  Way(Ranking ranking) {
    this.ranking = ranking;
  }

  /**
   * @return the best way's score; or, if there is none, {@link Ranking#WORST} more the ordinal of
   *     the reason
   */
  long score(NodeState state, Demand demand) {
    @Nullable Node node = state.node().orElse(null);
    if (node == null) {
      throw new IllegalArgumentException("node: " + state.name() + " (expected: in the fleet)");
    }
    if (fits(node, state.room(), demand)) {
      bestScore = Ranking.WORST;
      if (demand.count() == 0) {
        after.set(state.room());
        rank(state, demand, 0);
      } else if (demand.isShare()) {
        rankShares(state, node, demand);
      } else {
        for (int acceleratorClass : state.distinctClasses()) {
          if (demand.accepts(acceleratorClass)) {
            rankWhole(state, node, demand, acceleratorClass);
          }
        }
      }
      if (bestScore < Ranking.WORST) {
        return bestScore;
      }
    }
    return Ranking.WORST + refusal(state, node, demand).ordinal();
  }

  /** On that node, where the demand must fit. */
  Decision.Place place(NodeState state, Demand demand) {
    if (score(state, demand) >= Ranking.WORST) {
      throw new IllegalArgumentException("node: " + state.name() + " (expected: one that fits)");
    }
    List<Device> devices = state.node().orElseThrow().devices();
    List<String> ids = new ArrayList<>(bestCount);
    long memory = 0;
    String type = Accelerator.NONE.type();
    for (int position = 0; position < bestCount; position++) {
      Device device = devices.get(best[position]);
      ids.add(device.id());
      memory = demand.memoryOf(device.memoryBytes());
      type = device.type();
    }
    return new Decision.Place(
        new Allotment(state.name(), ids, demand.milli(), memory, demand.compute()), type);
  }

  private static boolean fits(Node node, Room room, Demand demand) {
    return room.cpuMilli() >= demand.cpuMilli()
        && room.memoryBytes() >= demand.memoryBytes()
        && node.unavailable().isEmpty()
        && hasLabels(node, demand);
  }

  private void rankWhole(NodeState state, Node node, Demand demand, int acceleratorClass) {
    Room room = state.room();
    if (taken.length < demand.count()) {
      taken = new int[demand.count()];
    }
    int count = 0;
    for (int device = 0; device < room.devices() && count < demand.count(); device++) {
      if (room.isWhole(device)
          && state.classOf(device) == acceleratorClass
          && node.devices().get(device).memoryBytes() >= demand.memoryOf(0)) {
        taken[count++] = device;
      }
    }
    if (count == demand.count()) {
      after.set(room);
      for (int position = 0; position < count; position++) {
        after.takeDevice(taken[position], Accelerator.WHOLE, demand.memoryOf(0));
      }
      rank(state, demand, count);
    }
  }

  private void rankShares(NodeState state, Node node, Demand demand) {
    Room room = state.room();
    if (taken.length == 0) {
      taken = new int[1];
    }
    for (int device = 0; device < room.devices(); device++) {
      if (room.milli(device) >= demand.milli() && demand.accepts(state.classOf(device))) {
        long memory = demand.memoryOf(node.devices().get(device).memoryBytes());
        if (room.deviceMemory(device) >= memory && !isLikeAnEarlierOne(state, node, device)) {
          taken[0] = device;
          after.set(room);
          after.takeDevice(device, demand.milli(), memory);
          rank(state, demand, 1);
        }
      }
    }
  }

  private static boolean isLikeAnEarlierOne(NodeState state, Node node, int device) {
    Room room = state.room();
    for (int earlier = 0; earlier < device; earlier++) {
      if (room.milli(earlier) == room.milli(device)
          && room.deviceMemory(earlier) == room.deviceMemory(device)
          && node.devices().get(earlier).memoryBytes() == node.devices().get(device).memoryBytes()
          && state.classOf(earlier) == state.classOf(device)) {
        return true;
      }
    }
    return false;
  }

  private void rank(NodeState state, Demand demand, int count) {
    after.takeCompute(demand.cpuMilli(), demand.memoryBytes());
    long score = ranking.score(state, after, demand);
    if (score < bestScore) {
      bestScore = score;
      bestCount = count;
      int[] former = best;
      best = taken;
      taken = former.length < taken.length ? new int[taken.length] : former;
    }
  }

  private static WaitReason refusal(NodeState state, Node node, Demand demand) {
    Room room = state.room();
    if (!hasLabels(node, demand)) {
      return WaitReason.NODE_LABELS_MISMATCH;
    }
    if (mostDevices(state, node, demand, false) < demand.count()) {
      return WaitReason.ACCELERATOR_MISMATCH;
    }
    if (node.cpuMilli() < demand.cpuMilli() || node.memoryBytes() < demand.memoryBytes()) {
      return WaitReason.NODE_TOO_SMALL;
    }
    if (node.unavailable().isPresent()) {
      return WaitReason.NODE_UNAVAILABLE;
    }
    if (mostDevices(state, node, demand, true) < demand.count()) {
      return WaitReason.ACCELERATOR_BUSY;
    }
    return room.cpuMilli() < demand.cpuMilli() ? WaitReason.CPU_BUSY : WaitReason.MEMORY_BUSY;
  }

  private static boolean hasLabels(Node node, Demand demand) {
    return demand.nodeLabels().isEmpty()
        || node.labels().entrySet().containsAll(demand.nodeLabels().entrySet());
  }

  /** The most of one acceptable class that could each give their part, now or when empty. */
  private static int mostDevices(NodeState state, Node node, Demand demand, boolean now) {
    int most = 0;
    for (int acceleratorClass : state.distinctClasses()) {
      int count = 0;
      for (int device = 0; device < state.room().devices(); device++) {
        long capacity = node.devices().get(device).memoryBytes();
        long memory = demand.memoryOf(capacity);
        if (state.classOf(device) == acceleratorClass
            && demand.accepts(acceleratorClass)
            && capacity >= memory
            && (!now || isFree(state.room(), device, demand, memory))) {
          count++;
        }
      }
      most = Math.max(most, count);
    }
    return most;
  }

  private static boolean isFree(Room room, int device, Demand demand, long memory) {
    return demand.isShare()
        ? room.milli(device) >= demand.milli() && room.deviceMemory(device) >= memory
        : room.isWhole(device);
  }
}
