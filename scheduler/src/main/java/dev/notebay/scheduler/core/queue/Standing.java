package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.WaitReason;
import java.time.Duration;
import java.util.Optional;

/**
 * What can be told to a waiting session.
 *
 * @param position 1 for the first that waits
 * @param message for people, with the numbers
 * @param waitAtMost how long at the most it still waits; empty where nobody can tell, such as when
 *     something holds what it needs that may never end
 * @param estimate how long it probably waits; empty where there is no plan for it
 */
public record Standing(
    int position,
    WaitReason reason,
    String message,
    Optional<Duration> waitAtMost,
    Optional<Duration> estimate) {}
