package dev.notebay.scheduler.core.ledger;

import dev.notebay.scheduler.core.queue.Use;
import java.time.Instant;
import java.util.List;

/**
 * Sums up the uses of devices. A use begins in the write that books a device and ends in the one
 * that frees it, by the store's clock: no crash makes a sum wrong, and what is in use counts until
 * now. Exact to the microsecond.
 */
public interface Ledger {
  /**
   * Sums up, all at one time.
   *
   * @throws dev.notebay.scheduler.core.SchedulerException.StoreUnavailable when the store does not
   *     answer
   */
  Report read(UsageQuery query);

  /**
   * Every use of one device that was over after {@code since}; what is in use is not among them.
   *
   * @throws dev.notebay.scheduler.core.SchedulerException.StoreUnavailable when the store does not
   *     answer
   */
  List<Use> ended(Instant since);

  /**
   * What was asked for.
   *
   * @param rows the greatest use first, and of equal use by name; without those that used nothing
   * @param total also of rows above the limit
   */
  record Report(List<Usage> rows, Usage total) {
    public Report {
      rows = List.copyOf(rows);
    }
  }
}
