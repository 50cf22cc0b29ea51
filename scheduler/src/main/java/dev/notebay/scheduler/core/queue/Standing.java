package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.WaitReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What can be told to a waiting session.
 *
 * @param position 1 for the first that waits
 * @param message for people, with the numbers
 * @param startBy when it starts at the latest; empty where nobody can tell, such as when something
 *     holds what it needs that may never end
 * @param likelyStart when it probably starts; empty where there is no plan for it
 */
public record Standing(
    int position,
    WaitReason reason,
    String message,
    Optional<Instant> startBy,
    Optional<Instant> likelyStart) {

  /** How long it still waits at the most. */
  public Optional<Duration> waitAtMost(Instant now) {
    return startBy.map(at -> at.isAfter(now) ? Duration.between(now, at) : Duration.ZERO);
  }
}
