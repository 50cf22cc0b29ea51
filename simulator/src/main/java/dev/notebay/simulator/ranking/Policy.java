package dev.notebay.simulator.ranking;

import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.PatternValue;
import dev.notebay.scheduler.core.placement.Ranking;
import dev.notebay.simulator.openb.Workload;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Rankings that can be named. */
public enum Policy {
  RANDOM,
  DOT_PRODUCT,
  CLUSTERING,
  PACKING,
  BEST_FIT,
  FGD,
  NOTEBAY;

  /** As it is written on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** All labels, for messages. */
  public static String labels() {
    return Arrays.stream(values()).map(Policy::label).collect(Collectors.joining(", "));
  }

  /** A new one that knows nothing but, for {@link #FGD}, what requests are frequent. */
  public Ranking ranking(FleetState fleet, Workload workload, long seed) {
    return switch (this) {
      case RANDOM -> new AnyThatFits(seed);
      case DOT_PRODUCT -> new DotProduct();
      case CLUSTERING -> new Clustering();
      case PACKING -> new Packing();
      case BEST_FIT -> new BestFit();
      case FGD -> new FragmentationGradient(new Fragmentation(workload.list(), fleet));
      case NOTEBAY -> new PatternValue(fleet);
    };
  }
}
