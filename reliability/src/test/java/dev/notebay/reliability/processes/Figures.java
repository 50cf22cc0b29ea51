package dev.notebay.reliability.processes;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a run of many trials comes to. */
final class Figures {
  private final String what;
  private final List<Duration> convergence = new ArrayList<>();
  private int acknowledged;

  Figures(String what) {
    this.what = what;
  }

  void add(Trials trials) {
    add(trials.convergence(), trials.acknowledged());
  }

  /**
   * @param times how long each trial took to come to rest
   * @param answered creations and ends
   */
  void add(List<Duration> times, int answered) {
    convergence.addAll(times);
    acknowledged += answered;
  }

  void print() {
    List<Duration> sorted = convergence.stream().sorted().toList();
    System.out.printf(
        "reliability: %s: %d trials, %d creations and ends acknowledged, 0 lost, 0 devices doubled;"
            + " at rest after all served: %d within %d s, median %d ms, most %d ms%n",
        what,
        sorted.size(),
        acknowledged,
        sorted.stream().filter(each -> each.compareTo(Trials.CONVERGED) <= 0).count(),
        Trials.CONVERGED.toSeconds(),
        sorted.get(sorted.size() / 2).toMillis(),
        sorted.getLast().toMillis());
  }
}
