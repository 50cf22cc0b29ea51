package dev.notebay.scheduler.core.placement;

import java.util.List;

/**
 * What a device of a class costs beside what a node loses: the more, the more of that class is
 * wanted by requests that do not accept every class. So those who do not mind leave them to those
 * who do.
 *
 * @param byClass thousandths of a GPU for a thousandth that is taken
 */
record Surcharges(float[] byClass) {
  private static final double MOST = 0.3;

  /**
   * @param kinds all that was asked for; some want a GPU
   */
  static Surcharges of(List<RequestMix.Kind> kinds, FleetState fleet) {
    double[] capacity = capacity(fleet);
    double all = 0;
    for (double one : capacity) {
      all += one;
    }
    var restricted = new double[capacity.length];
    double wanted = 0;
    for (RequestMix.Kind kind : kinds) {
      wanted += kind.wantedMilli();
      double accepted = acceptedBy(kind, capacity);
      if (accepted > 0 && accepted < all) {
        for (int number = 0; number < capacity.length; number++) {
          if (kind.demand().accepts(number)) {
            restricted[number] += kind.wantedMilli() * capacity[number] / accepted;
          }
        }
      }
    }
    var byClass = new float[capacity.length];
    for (int number = 0; number < capacity.length; number++) {
      if (capacity[number] > 0) {
        double load = restricted[number] / wanted * all / capacity[number];
        byClass[number] = (float) (MOST * Math.min(1, load));
      }
    }
    return new Surcharges(byClass);
  }

  private static double[] capacity(FleetState fleet) {
    var capacity = new double[fleet.classes()];
    for (int index : fleet.byName()) {
      NodeState node = fleet.node(index);
      for (int device = 0; node.isAvailable() && device < node.room().devices(); device++) {
        capacity[node.classOf(device)] += 1000;
      }
    }
    return capacity;
  }

  private static double acceptedBy(RequestMix.Kind kind, double[] capacity) {
    double accepted = 0;
    for (int number = 0; number < capacity.length; number++) {
      accepted += kind.demand().accepts(number) ? capacity[number] : 0;
    }
    return accepted;
  }
}
