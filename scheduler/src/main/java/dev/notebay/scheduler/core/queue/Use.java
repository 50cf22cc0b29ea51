package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.session.Owner;
import java.time.Instant;

/**
 * A stretch of time in which a session had devices, as the ledger has it.
 *
 * @param milliDevices thousandths of devices, of all that it had together
 * @param until when it was over; not before {@code from}
 */
public record Use(String queue, Owner owner, long milliDevices, Instant from, Instant until) {
  public Use {
    if (until.isBefore(from)) {
      throw new IllegalArgumentException("until: " + until + " (expected: >= " + from + ")");
    }
  }
}
