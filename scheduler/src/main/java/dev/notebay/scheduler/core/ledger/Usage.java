package dev.notebay.scheduler.core.ledger;

import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Duration;
import java.util.Optional;

/**
 * Use that was summed up. Of owner, queue, session and class those are set by which it is told
 * apart.
 *
 * @param gpuTime for how long devices were held, in the time asked for: two devices for an hour are
 *     two hours, half a device half an hour
 * @param rateMilli thousandths of devices held now
 */
public record Usage(
    Optional<Owner> owner,
    Optional<String> queue,
    Optional<SessionId> session,
    Optional<String> accelerator,
    Duration gpuTime,
    long rateMilli) {
  /** Of nothing. */
  public static final Usage NONE =
      new Usage(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Duration.ZERO, 0);
}
