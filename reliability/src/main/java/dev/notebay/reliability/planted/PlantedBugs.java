package dev.notebay.reliability.planted;

import java.util.List;
import java.util.stream.Stream;

/** The bugs by which the simulator is measured. */
public final class PlantedBugs {
  private PlantedBugs() {}

  public static List<PlantedBug> all() {
    return Stream.of(
            StoreBugs.all(),
            LeaderBugs.all(),
            DecisionBugs.all(),
            LoopBugs.all(),
            FeedBugs.all(),
            RequestBugs.all(),
            RuntimeBugs.all())
        .flatMap(List::stream)
        .toList();
  }
}
