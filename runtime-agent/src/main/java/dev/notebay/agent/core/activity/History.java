package dev.notebay.agent.core.activity;

import dev.notebay.agent.core.kernel.KernelId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What earlier looks left behind.
 *
 * @param lastActive when the session was last active or might have been
 * @param lastOutput the newest output of each kernel; only compared for being another one than
 *     before, so that the wall clock does not matter
 * @param idleWarning when clients were warned of the idle cut that is near
 */
public record History(
    Duration lastActive, Map<KernelId, Instant> lastOutput, Optional<Duration> idleWarning) {
  public History {
    lastOutput = Map.copyOf(lastOutput);
  }

  /** A session that has just begun: it counts as active then. */
  public static History beginning(Duration at) {
    return new History(at, Map.of(), Optional.empty());
  }
}
