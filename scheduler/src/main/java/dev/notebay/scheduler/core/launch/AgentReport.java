package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;
import java.util.Optional;

/**
 * What an agent last said about its session.
 *
 * @param activity absent while the agent does not know, which is never idle
 * @param kernels how many it has
 * @param connections WebSocket clients
 * @param receivedAt when the scheduler heard it
 */
public record AgentReport(
    Optional<Activity> activity, int kernels, int connections, Instant receivedAt) {

  /**
   * What the agent knows about activity.
   *
   * @param stopAt when it will ask for the end if nothing changes
   * @param stopReason what for
   * @param warned whether its clients have been warned of that
   * @param explanation which signal says so, for people
   */
  public record Activity(
      boolean active,
      Instant lastActive,
      Optional<Instant> stopAt,
      Optional<EndReason> stopReason,
      boolean warned,
      String explanation) {}
}
