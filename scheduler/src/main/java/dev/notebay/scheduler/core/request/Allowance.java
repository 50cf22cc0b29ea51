package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Policy;
import java.time.Duration;

/**
 * What an installation gives a person, by default and at most.
 *
 * @param unfinishedSessions how many sessions one person may have that are not over
 * @param compute what a session gets that does not say
 * @param policy likewise
 * @param longestLifetime the longest maximum lifetime that may be asked for
 * @param longestIdleTimeout the longest idle time-out that may be asked for
 * @param images which container images may be asked for
 */
public record Allowance(
    int unfinishedSessions,
    Compute compute,
    Policy policy,
    Duration longestLifetime,
    Duration longestIdleTimeout,
    ImageChoice images) {
  /** What is given on one machine. */
  public static final Allowance USUAL =
      new Allowance(
          8,
          new Compute(1000, 2L << 30),
          new Policy(Duration.ofMinutes(90), Duration.ofHours(12), Duration.ofMinutes(5)),
          Duration.ofDays(7),
          Duration.ofDays(1),
          ImageChoice.NONE);

  /** The same with another choice of images. */
  public Allowance with(ImageChoice choice) {
    return new Allowance(
        unfinishedSessions, compute, policy, longestLifetime, longestIdleTimeout, choice);
  }
}
