package dev.notebay.scheduler.core.queue;

import java.time.Duration;

/**
 * How the queue engine plans.
 *
 * @param window how many sessions, in the order of the queue, get reservations and promises; those
 *     behind only fill what is left
 * @param halfLife in which half of the GPU time used is forgotten
 * @param entryCharge GPU time that counts as used for each device that is held, as long as it is
 *     held, so that who has just got much does not get more before the clock shows it
 * @param grace how much longer than its maximum lifetime a session may have its devices, from the
 *     decision to the last trace of it; and by how much a pass may come late
 * @param slack the least by which a promise is later than the plan, so that there is room for those
 *     who have used less
 * @param patience how long a session waits, where no plan can tell when it starts, before what it
 *     needs is kept free of newcomers in whatever order
 */
public record QueueSettings(
    int window,
    Duration halfLife,
    Duration entryCharge,
    Duration grace,
    Duration slack,
    Duration patience) {
  public static final QueueSettings USUAL =
      new QueueSettings(
          256,
          Duration.ofDays(1),
          Duration.ofMinutes(30),
          // More than the grace for lifetimes and the grace for stopping together.
          Duration.ofMinutes(3),
          Duration.ofMinutes(5),
          Duration.ofMinutes(30));

  public QueueSettings {
    if (window < 1) {
      throw new IllegalArgumentException("window: " + window + " (expected: >= 1)");
    }
    requirePositive("halfLife", halfLife);
    requirePositive("entryCharge", entryCharge);
    requirePositive("grace", grace);
    requirePositive("slack", slack);
    requirePositive("patience", patience);
  }

  private static void requirePositive(String field, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: > 0)");
    }
  }
}
