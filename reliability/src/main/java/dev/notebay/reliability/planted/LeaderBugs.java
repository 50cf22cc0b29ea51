package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of who leads and what time it is. */
final class LeaderBugs {
  private static final String LEADERSHIP = "dev.notebay.scheduler.core.leader.Leadership";
  private static final String CLOCK = "dev.notebay.scheduler.core.time.SharedClock";
  private static final String LOOP = "dev.notebay.scheduler.core.reconcile.ControlLoop";

  static final Patch BELIEVED_FOR_EVER =
      new Patch(LEADERSHIP, "&& nanoTime.getAsLong() - asked < TERM.toNanos();", ";");

  private LeaderBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmless(
            "lease-believed-for-ever",
            "a leader that was paused goes on with the pass that it had begun",
            "what a pass writes is one transaction, which its reign's end refuses",
            BELIEVED_FOR_EVER),
        harmful(
            "lost-lease-still-believed",
            "a leader that was told that its reign is over does not give it up",
            new Patch(
                LEADERSHIP,
                "epoch = Optional.empty(); // Whoever has taken over keeps it for a term at least.",
                "// Whoever has taken over keeps it for a term at least.")),
        harmful(
            "lease-never-renewed",
            "a leader lets its lease run out and does not notice",
            new Patch(
                LEADERSHIP,
                "if (before - asked < RENEWAL.toNanos()) {",
                "if (before - asked >= 0) {")),
        harmful(
            "own-clock-instead-of-the-shared-one",
            "a replica decides by a clock of its own",
            new Patch(
                CLOCK,
                "return reading.time().plusNanos(nanoTime.getAsLong() - reading.nanos());",
                "return Instant.parse(\"2026-01-01T00:00:00Z\").plusNanos(nanoTime.getAsLong());")),
        harmless(
            "late-placements-written",
            "what was decided long ago is written with the time of then",
            "what a pass only writes is one batch, and written at once",
            new Patch(
                LOOP,
                "if (steps.getFirst() instanceof Step.Write && isStale(view)) {",
                "if (isStale(view) && view.sessions().isEmpty()) {"),
            new Patch(
                "dev.notebay.scheduler.core.reconcile.Reconciler",
                "steps.sort(Comparator.comparing(Reconciler::rank));",
                "")));
  }
}
