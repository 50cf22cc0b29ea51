package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A session that waits for room.
 *
 * @param priority within its queue, the higher the sooner
 * @param maximumLifetime how long it may run from its placement; empty for ever
 * @param created since when it waits
 * @param heldBack until when it is not to be placed, and why
 * @param startBy what was promised to it: by when at the latest it starts
 */
public record Waiting(
    SessionId id,
    Owner owner,
    String queue,
    int priority,
    Request request,
    Optional<Duration> maximumLifetime,
    Instant created,
    Optional<HeldBack> heldBack,
    Optional<Instant> startBy) {

  /** The same session with another promise. */
  public Waiting promised(Optional<Instant> startBy) {
    return new Waiting(
        id, owner, queue, priority, request, maximumLifetime, created, heldBack, startBy);
  }
}
