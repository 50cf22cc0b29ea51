package dev.notebay.scheduler.core.reconcile;

import java.time.Duration;

/**
 * Bounds in time, so that nothing is stuck for ever.
 *
 * @param start how long from placement to ready
 * @param stopGrace how long an agent may take to end its runtime before it is ended by force
 * @param lifetimeGrace how long past its maximum lifetime a session may be seen running, before the
 *     scheduler does what the agent should have done
 */
public record Limits(Duration start, Duration stopGrace, Duration lifetimeGrace) {
  public static final Limits USUAL =
      new Limits(Duration.ofMinutes(2), Duration.ofSeconds(20), Duration.ofMinutes(2));
}
