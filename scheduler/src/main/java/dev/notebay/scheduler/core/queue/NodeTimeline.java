package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is free of one node over time: CPU, memory and a part of each device, in steps. Adding and
 * taking away again restores exactly what was.
 */
final class NodeTimeline {
  private final Node node;
  private final int devices;
  private final int words;
  private final List<Alike> kinds;
  private long[] at = {Timeline.ALWAYS};
  private long[] cpu;
  private long[] memory;
  private int[] milli;
  private long[] deviceMemory;

  /** Of each step the devices that are free as a whole, a bit each. */
  private long[] whole;

  private int size = 1;

  /** Devices of one class and one size, a bit each. */
  private static final class Alike {
    private final Device sample;
    private final long[] devices;

    private Alike(Device sample, int words) {
      this.sample = sample;
      this.devices = new long[words];
    }

    private boolean isLike(Device device) {
      return device.type().equals(sample.type()) && device.memoryBytes() == sample.memoryBytes();
    }
  }

  /** All of it free for ever, but for what others than sessions have. */
  NodeTimeline(Node node) {
    this.node = node;
    this.devices = node.devices().size();
    this.cpu = new long[] {node.cpuMilli() - node.taken().cpuMilli()};
    this.memory = new long[] {node.memoryBytes() - node.taken().memoryBytes()};
    this.milli = new int[devices];
    Arrays.fill(milli, Accelerator.WHOLE);
    this.deviceMemory = node.devices().stream().mapToLong(Device::memoryBytes).toArray();
    this.words = (devices + Long.SIZE - 1) / Long.SIZE;
    this.kinds = kinds(node.devices(), words);
    this.whole = new long[words];
    for (int device = 0; device < devices; device++) {
      if (node.taken().devices().contains(node.devices().get(device).id())) {
        milli[device] = 0;
        deviceMemory[device] = 0;
      }
      noteWhole(0, device);
    }
  }

  private static List<Alike> kinds(List<Device> devices, int words) {
    List<Alike> kinds = new ArrayList<>();
    for (int index = 0; index < devices.size(); index++) {
      Device device = devices.get(index);
      Alike kind = kinds.stream().filter(one -> one.isLike(device)).findFirst().orElse(null);
      if (kind == null) {
        kind = new Alike(device, words);
        kinds.add(kind);
      }
      kind.devices[index / Long.SIZE] |= 1L << index;
    }
    return List.copyOf(kinds);
  }

  private void noteWhole(int step, int device) {
    int word = step * words + device / Long.SIZE;
    if (milli[step * devices + device] >= Accelerator.WHOLE) {
      whole[word] |= 1L << device;
    } else {
      whole[word] &= ~(1L << device);
    }
  }

  /** Less is free from then until then; more where {@code sign} is −1. */
  void take(Claim claim, long from, long until, int sign) {
    if (from >= until) {
      return;
    }
    int first = cut(from);
    int last = until == Timeline.NEVER ? size : cut(until);
    for (int step = first; step < last; step++) {
      cpu[step] -= sign * claim.cpuMilli();
      memory[step] -= sign * claim.memoryBytes();
      for (int device : claim.devices()) {
        milli[step * devices + device] -= sign * claim.milli();
        deviceMemory[step * devices + device] -= sign * claim.deviceMemory();
        noteWhole(step, device);
      }
    }
    join(last);
    join(first);
  }

  /**
   * The first time from {@code notBefore} on at which the demand finds room for {@code length};
   * {@link Timeline#NEVER} if there is none.
   */
  long earliest(NodeDemand demand, long notBefore, long length) {
    for (int step = stepAt(notBefore); step < size; step++) {
      long start = Math.max(notBefore, at[step]);
      if (fits(demand, step, Timeline.later(start, length))) {
        return start;
      }
    }
    return Timeline.NEVER;
  }

  boolean fitsAt(NodeDemand demand, long start, long length) {
    return fits(demand, stepAt(start), Timeline.later(start, length));
  }

  /**
   * What the demand takes: its first whole devices, or the fullest one that has room for a share.
   * Null if it does not find room then.
   */
  @Nullable Claim claim(NodeDemand demand, long start, long length) {
    int step = stepAt(start);
    long end = Timeline.later(start, length);
    if (!fits(demand, step, end)) {
      return null;
    }
    int[] chosen = demand.isShare() ? fullest(demand, step, end) : firstWhole(demand, step, end);
    long taken =
        chosen.length == 0 ? 0 : demand.memoryOf(node.devices().get(chosen[0]).memoryBytes());
    return new Claim(demand.cpuMilli(), demand.memoryBytes(), chosen, demand.milli(), taken);
  }

  private int[] firstWhole(NodeDemand demand, int step, long end) {
    int[] chosen = new int[demand.count()];
    int count = 0;
    for (int word = 0; count < chosen.length; word++) {
      for (long left = wholeUntil(demand, step, end, word);
          left != 0 && count < chosen.length;
          left &= left - 1) {
        chosen[count++] = word * Long.SIZE + Long.numberOfTrailingZeros(left);
      }
    }
    return chosen;
  }

  private int[] fullest(NodeDemand demand, int step, long end) {
    int chosen = 0;
    int least = Integer.MAX_VALUE;
    for (int device = 0; device < devices; device++) {
      int free = hasRoom(demand, step, end, device) ? lowest(step, end, device) : least;
      if (free < least) {
        least = free;
        chosen = device;
      }
    }
    return new int[] {chosen};
  }

  /** Whether exactly this is free from then on for that long. */
  boolean isFree(Claim claim, long start, long length) {
    long end = Timeline.later(start, length);
    for (int step = stepAt(start); step < size && at[step] < end; step++) {
      if (cpu[step] < claim.cpuMilli() || memory[step] < claim.memoryBytes()) {
        return false;
      }
      for (int device : claim.devices()) {
        if (milli[step * devices + device] < claim.milli()
            || deviceMemory[step * devices + device] < claim.deviceMemory()) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * What a session is to have that cannot be told when: of each kind of thing what is free first.
   *
   * @return null where the node could not hold it even if it were empty
   */
  @Nullable Claim soonest(NodeDemand demand, long notBefore) {
    List<Integer> ordered =
        IntStream.range(0, devices)
            .filter(device -> demand.isOf(node.devices().get(device)))
            .boxed()
            .sorted(
                Comparator.<Integer>comparingLong(d -> freeFrom(demand, d, notBefore))
                    .thenComparingInt(d -> -milli[stepAt(notBefore) * devices + d])
                    .thenComparingInt(d -> d))
            .limit(demand.count())
            .toList();
    if (ordered.size() < demand.count()) {
      return null;
    }
    int[] chosen = ordered.stream().mapToInt(Integer::intValue).sorted().toArray();
    long taken =
        chosen.length == 0 ? 0 : demand.memoryOf(node.devices().get(chosen[0]).memoryBytes());
    return new Claim(demand.cpuMilli(), demand.memoryBytes(), chosen, demand.milli(), taken);
  }

  /** How many of the demand's devices are free at a time, at most as many as it wants. */
  int freeDevices(NodeDemand demand, long time) {
    int step = stepAt(time);
    int count = 0;
    for (int device = 0; device < devices && count < demand.count(); device++) {
      if (demand.isOf(node.devices().get(device))
          && milli[step * devices + device] >= demand.milli()) {
        count++;
      }
    }
    return count;
  }

  Node node() {
    return node;
  }

  private long freeFrom(NodeDemand demand, int device, long notBefore) {
    for (int step = stepAt(notBefore); step < size; step++) {
      if (milli[step * devices + device] >= demand.milli()) {
        return Math.max(notBefore, at[step]);
      }
    }
    return Timeline.NEVER;
  }

  private boolean fits(NodeDemand demand, int step, long end) {
    for (int later = step; later < size && (later == step || at[later] < end); later++) {
      if (cpu[later] < demand.cpuMilli() || memory[later] < demand.memoryBytes()) {
        return false;
      }
    }
    int found = 0;
    if (demand.isShare()) {
      for (int device = 0; device < devices && found < demand.count(); device++) {
        found += hasRoom(demand, step, end, device) ? 1 : 0;
      }
    } else {
      for (int word = 0; word < words && found < demand.count(); word++) {
        found += Long.bitCount(wholeUntil(demand, step, end, word));
      }
    }
    return found >= demand.count();
  }

  /** Which of the demand's devices are free as a whole from the step until then. */
  private long wholeUntil(NodeDemand demand, int step, long end, int word) {
    long free = 0;
    for (Alike kind : kinds) {
      free |= demand.isOf(kind.sample) ? kind.devices[word] : 0;
    }
    for (int later = step;
        later < size && free != 0 && (later == step || at[later] < end);
        later++) {
      free &= whole[later * words + word];
    }
    return free;
  }

  private boolean hasRoom(NodeDemand demand, int step, long end, int device) {
    if (milli[step * devices + device] < demand.milli()
        || !demand.isOf(node.devices().get(device))) {
      return false;
    }
    long needed = demand.memoryOf(node.devices().get(device).memoryBytes());
    for (int later = step; later < size && (later == step || at[later] < end); later++) {
      if (milli[later * devices + device] < demand.milli()
          || (demand.isShare() && deviceMemory[later * devices + device] < needed)) {
        return false;
      }
    }
    return true;
  }

  private int lowest(int step, long end, int device) {
    int lowest = milli[step * devices + device];
    for (int later = step + 1; later < size && at[later] < end; later++) {
      lowest = Math.min(lowest, milli[later * devices + device]);
    }
    return lowest;
  }

  private int stepAt(long time) {
    int found = Arrays.binarySearch(at, 0, size, time);
    return found >= 0 ? found : -2 - found;
  }

  private int cut(long time) {
    int step = stepAt(time);
    if (at[step] == time) {
      return step;
    }
    if (size == at.length) {
      int longer = 2 * size + 2;
      at = Arrays.copyOf(at, longer);
      cpu = Arrays.copyOf(cpu, longer);
      memory = Arrays.copyOf(memory, longer);
      milli = Arrays.copyOf(milli, longer * devices);
      deviceMemory = Arrays.copyOf(deviceMemory, longer * devices);
      whole = Arrays.copyOf(whole, longer * words);
    }
    // The new step is like the one that it cuts, which stays where it is.
    shift(step, step + 1, size - step);
    size++;
    at[step + 1] = time;
    return step + 1;
  }

  private void join(int step) {
    if (step > 0 && step < size && isLikeTheOneBefore(step)) {
      shift(step + 1, step, size - step - 1);
      size--;
    }
  }

  private boolean isLikeTheOneBefore(int step) {
    int here = step * devices;
    return cpu[step] == cpu[step - 1]
        && memory[step] == memory[step - 1]
        && Arrays.equals(milli, here, here + devices, milli, here - devices, here)
        && Arrays.equals(deviceMemory, here, here + devices, deviceMemory, here - devices, here);
  }

  private void shift(int from, int to, int steps) {
    System.arraycopy(at, from, at, to, steps);
    System.arraycopy(cpu, from, cpu, to, steps);
    System.arraycopy(memory, from, memory, to, steps);
    System.arraycopy(milli, from * devices, milli, to * devices, steps * devices);
    System.arraycopy(deviceMemory, from * devices, deviceMemory, to * devices, steps * devices);
    System.arraycopy(whole, from * words, whole, to * words, steps * words);
  }
}
