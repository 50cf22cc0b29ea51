package dev.notebay.scheduler.core.placement;

import java.util.Arrays;
import java.util.List;

/**
 * Finds what each kind of request is worth: the prices at which the best patterns for what is free
 * hold the kinds in the proportion in which they are asked for. A kind of which too few would fit
 * becomes dearer, one of which too many would fit, cheaper.
 *
 * <ol>
 *   <li>Make the tables of best patterns at the present prices.
 *   <li>Supply: each node of a sample, another one every time, is filled with the best pattern for
 *       what is free of it, at the side price at which its value is least.
 *   <li>Demand: what is free, divided in the proportion of the requests.
 *   <li>The price of each kind of one device moves by a quarter of its size times the relative
 *       difference (at most 1), between 0 and twice its size. Kinds of several devices keep their
 *       size as price.
 *   <li>After ten rounds the mean of the prices is taken.
 * </ol>
 *
 * <p>This is Walras' tatonnement on the dual of the pattern program of cutting stock (Gilmore and
 * Gomory, 1961).
 */
final class PriceSearch {
  private static final int ROUNDS = 10;
  private static final double STEP = 0.25;
  private static final double CEILING = 2;
  private static final int SAMPLE = 256;
  private static final int LANES = PatternTables.LANES;

  private final FleetState fleet;
  private final PatternTables tables;
  private final NodeValues values;
  private final int stride;
  private final int offset;
  private final double[] partsFree;
  private final double[] wholeFree;

  private PriceSearch(FleetState fleet, PatternTables tables, int number) {
    this.stride = Math.max(1, (fleet.size() + SAMPLE - 1) / SAMPLE);
    this.offset = number % stride;
    this.fleet = fleet;
    this.tables = tables;
    this.values = new NodeValues(tables, new Surcharges(new float[0]));
    this.partsFree = new double[tables.tables() * (PatternTables.UNITS + 1) * LANES];
    this.wholeFree = new double[tables.tables() * (PatternTables.MOST_DEVICES + 1) * LANES];
  }

  /**
   * @param mix in which some requests want a GPU
   * @param number of the search, from 0
   * @return the tables at the prices found, which the mix's kinds remember for the next time
   */
  static PatternTables search(FleetState fleet, RequestMix mix, int number) {
    var side = SidePrices.of(mix.all(), SidePrices.Capacity.of(fleet));
    var tables = new PatternTables(side, mix.considered(), fleet.classes());
    new PriceSearch(fleet, tables, number).run(mix.wantedMilli());
    return tables;
  }

  private void run(double wantedMilli) {
    List<RequestMix.Kind> kinds = tables.kinds();
    var sums = new double[kinds.size()];
    for (int round = 0; round < ROUNDS; round++) {
      if (round > 0) {
        tables.update();
      }
      double[] supply = supply();
      for (int index = 0; index < supply.length; index++) {
        RequestMix.Kind kind = kinds.get(index);
        sums[index] += kind.price;
        double size = kind.demand().totalMilli();
        if (kind.demand().count() > 1) {
          kind.price = size;
        } else {
          double demand = fleet.freeMilli() / wantedMilli * kind.requests();
          double lack = Math.clamp((demand - supply[index]) / demand, -1, 1);
          kind.price = Math.clamp(kind.price + STEP * size * lack, 0, CEILING * size);
        }
      }
    }
    for (int index = 0; index < sums.length; index++) {
      RequestMix.Kind kind = kinds.get(index);
      kind.price = kind.demand().count() > 1 ? kind.demand().totalMilli() : sums[index] / ROUNDS;
    }
    tables.update();
  }

  /** How many of each kind the best patterns of all nodes hold. */
  private double[] supply() {
    Arrays.fill(partsFree, 0);
    Arrays.fill(wholeFree, 0);
    int[] nodes = fleet.byName();
    for (int place = offset; place < nodes.length; place += stride) {
      NodeState node = fleet.node(nodes[place]);
      if (node.isAvailable() && node.totalMilli() > 0) {
        count(node, values.cheapestLane(node));
      }
    }
    var supply = new double[tables.kinds().size()];
    for (int table = 0; table < tables.tables(); table++) {
      for (int lane = 0; lane < LANES; lane++) {
        fillWhole(table, lane, supply);
        fillParts(table, lane, supply);
      }
    }
    return supply;
  }

  private void count(NodeState node, int lane) {
    Room room = node.room();
    for (int acceleratorClass : node.distinctClasses()) {
      int whole = 0;
      for (int device = 0; device < room.devices(); device++) {
        if (node.classOf(device) == acceleratorClass) {
          if (room.isWhole(device)) {
            whole++;
          } else if (room.milli(device) > 0) {
            partsFree[tables.part(acceleratorClass, room.milli(device)) + lane] += stride;
          }
        }
      }
      wholeFree[tables.whole(acceleratorClass, whole) + lane] += stride;
    }
  }

  /** From many devices to few: what one step leaves is looked at in a later one. */
  private void fillWhole(int table, int lane, double[] supply) {
    for (int devices = PatternTables.MOST_DEVICES; devices > 0; devices--) {
      int position = PatternTables.positionOfWhole(table, devices) + lane;
      double many = wholeFree[position];
      if (many > 0) {
        int kind = tables.kindOfWhole(position);
        int taken = kind < 0 ? 1 : tables.kinds().get(kind).demand().count();
        wholeFree[position - taken * LANES] += many;
        if (kind < 0) {
          partsFree[PatternTables.positionOfPart(table, PatternTables.UNITS) + lane] += many;
        } else {
          supply[kind] += many;
        }
      }
    }
  }

  private void fillParts(int table, int lane, double[] supply) {
    for (int units = PatternTables.UNITS; units > 0; units--) {
      int position = PatternTables.positionOfPart(table, units) + lane;
      double many = partsFree[position];
      if (many > 0) {
        int kind = tables.kindOfPart(position);
        int taken = kind < 0 ? 1 : PatternTables.units(tables.kinds().get(kind));
        partsFree[position - taken * LANES] += many;
        if (kind >= 0) {
          supply[kind] += many;
        }
      }
    }
  }
}
