package dev.notebay.scheduler.core.session;

import java.time.Instant;
import java.util.Optional;

/**
 * One stretch of time in which a session had a device, or a share of it, for itself. Written in the
 * same instant as the change of the session that begins or ends it, by the store's clock, so that
 * no crash and no replica's clock makes it wrong.
 *
 * @param milli thousandths of the device
 * @param from when the device was booked
 * @param until when it was free again; empty while it is held
 */
public record DeviceUse(
    SessionId session,
    int attempt,
    String node,
    String device,
    int milli,
    Instant from,
    Optional<Instant> until) {
  public DeviceUse {
    if (until.isPresent() && until.get().isBefore(from)) {
      throw new IllegalArgumentException("until: " + until.get() + " (expected: >= " + from + ")");
    }
  }
}
