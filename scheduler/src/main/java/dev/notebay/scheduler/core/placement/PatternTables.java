package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The best pattern of requests for every amount of one device that is free, and for every number of
 * whole devices, at each price of the side resource: unbounded knapsacks over the kinds, whose
 * worth is their price less what they use of the side resource.
 *
 * <p>Classes of devices that the same kinds accept share one table.
 */
final class PatternTables {
  /** A device is divided into so many units; a request takes what it needs, rounded up. */
  static final int UNITS = 100;

  /** Thousandths of a device in a unit. */
  static final int UNIT = Accelerator.WHOLE / UNITS;

  static final int MOST_DEVICES = Accelerator.MAXIMUM_COUNT;
  static final int LANES = SidePrices.LANES;

  /** Nothing is taken for less than this, so that rounding takes nothing. */
  private static final float LEAST_GAIN = 1e-3f;

  private static final int NOTHING = -1;

  private final SidePrices side;
  private final List<RequestMix.Kind> kinds;
  private final int[] tableOf;
  private final List<int[]> accepted = new ArrayList<>();

  /** Worth by table, units or devices, and lane; and which kind is taken first for it. */
  private final float[] worthOfPart;

  private final float[] worthOfWhole;
  private final int[] kindOfPart;
  private final int[] kindOfWhole;

  PatternTables(SidePrices side, List<RequestMix.Kind> kinds, int classes) {
    this.side = side;
    this.kinds = kinds;
    this.tableOf = new int[classes];
    for (int acceleratorClass = 0; acceleratorClass < classes; acceleratorClass++) {
      tableOf[acceleratorClass] = table(acceleratorClass);
    }
    worthOfPart = new float[accepted.size() * (UNITS + 1) * LANES];
    worthOfWhole = new float[accepted.size() * (MOST_DEVICES + 1) * LANES];
    kindOfPart = new int[worthOfPart.length];
    kindOfWhole = new int[worthOfWhole.length];
    update();
  }

  private int table(int acceleratorClass) {
    int[] members = new int[kinds.size()];
    int count = 0;
    for (int kind = 0; kind < kinds.size(); kind++) {
      if (kinds.get(kind).demand().accepts(acceleratorClass)) {
        members[count++] = kind;
      }
    }
    int[] wanted = Arrays.copyOf(members, count);
    for (int table = 0; table < accepted.size(); table++) {
      if (Arrays.equals(accepted.get(table), wanted)) {
        return table;
      }
    }
    accepted.add(wanted);
    return accepted.size() - 1;
  }

  SidePrices side() {
    return side;
  }

  List<RequestMix.Kind> kinds() {
    return kinds;
  }

  int tables() {
    return accepted.size();
  }

  /** Whether it was known when the tables were made. */
  boolean knows(int acceleratorClass) {
    return acceleratorClass < tableOf.length;
  }

  /**
   * @param milli free of the device
   * @return position of the worth at the first side price; the others follow
   */
  int part(int acceleratorClass, int milli) {
    return positionOfPart(tableOf[acceleratorClass], milli / UNIT);
  }

  /**
   * @param devices that are free as a whole
   * @return position of the worth at the first side price; the others follow
   */
  int whole(int acceleratorClass, int devices) {
    return positionOfWhole(tableOf[acceleratorClass], Math.min(devices, MOST_DEVICES));
  }

  static int positionOfPart(int table, int units) {
    return (table * (UNITS + 1) + units) * LANES;
  }

  static int positionOfWhole(int table, int devices) {
    return (table * (MOST_DEVICES + 1) + devices) * LANES;
  }

  float worthOfPart(int position) {
    return worthOfPart[position];
  }

  float worthOfWhole(int position) {
    return worthOfWhole[position];
  }

  /** Index of the kind that the best pattern has there, or -1 if it leaves a unit unused. */
  int kindOfPart(int position) {
    return kindOfPart[position];
  }

  /** Index of the kind of several devices, or -1 if one device is used for itself. */
  int kindOfWhole(int position) {
    return kindOfWhole[position];
  }

  static int units(RequestMix.Kind kind) {
    return (kind.demand().milli() + UNIT - 1) / UNIT;
  }

  /** After the kinds' prices have changed. */
  void update() {
    for (int table = 0; table < accepted.size(); table++) {
      for (int lane = 0; lane < LANES; lane++) {
        update(table, lane);
      }
    }
  }

  private void update(int table, int lane) {
    float[] worth = new float[UNITS + 1];
    int[] kindFor = new int[UNITS + 1];
    float[] severalWorth = new float[MOST_DEVICES + 1];
    int[] severalKind = new int[MOST_DEVICES + 1];
    for (int index : accepted.get(table)) {
      RequestMix.Kind kind = kinds.get(index);
      float gain =
          (float) kind.price
              - side.prices()[lane] * side.amount(kind.demand().cpuMilli(), kind.meanMemoryBytes());
      if (kind.demand().count() == 1) {
        int units = units(kind);
        if (gain > worth[units]) {
          worth[units] = gain;
          kindFor[units] = index;
        }
      } else if (gain > severalWorth[kind.demand().count()]) {
        severalWorth[kind.demand().count()] = gain;
        severalKind[kind.demand().count()] = index;
      }
    }
    fillParts(table, lane, worth, kindFor);
    fillWhole(table, lane, severalWorth, severalKind);
  }

  private void fillParts(int table, int lane, float[] worth, int[] kindFor) {
    int[] sizes = new int[UNITS];
    int count = 0;
    for (int units = 1; units <= UNITS; units++) {
      if (worth[units] > 0) {
        sizes[count++] = units;
      }
    }
    int start = positionOfPart(table, 0) + lane;
    for (int units = 1; units <= UNITS; units++) {
      float best = worthOfPart[start + (units - 1) * LANES];
      int kind = NOTHING;
      for (int size = 0; size < count && sizes[size] <= units; size++) {
        float sum = worthOfPart[start + (units - sizes[size]) * LANES] + worth[sizes[size]];
        if (sum > best + LEAST_GAIN) {
          best = sum;
          kind = kindFor[sizes[size]];
        }
      }
      worthOfPart[start + units * LANES] = best;
      kindOfPart[start + units * LANES] = kind;
    }
  }

  private void fillWhole(int table, int lane, float[] worth, int[] kindFor) {
    int start = positionOfWhole(table, 0) + lane;
    float one = worthOfPart[positionOfPart(table, UNITS) + lane];
    for (int devices = 1; devices <= MOST_DEVICES; devices++) {
      float best = worthOfWhole[start + (devices - 1) * LANES] + one;
      int kind = NOTHING;
      for (int count = 2; count <= devices; count++) {
        if (worth[count] > 0) {
          float sum = worthOfWhole[start + (devices - count) * LANES] + worth[count];
          if (sum > best + LEAST_GAIN) {
            best = sum;
            kind = kindFor[count];
          }
        }
      }
      worthOfWhole[start + devices * LANES] = best;
      kindOfWhole[start + devices * LANES] = kind;
    }
  }
}
