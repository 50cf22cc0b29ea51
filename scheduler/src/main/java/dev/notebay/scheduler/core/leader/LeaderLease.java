package dev.notebay.scheduler.core.leader;

import java.time.Duration;
import java.util.Optional;

/**
 * The lease of the lead, kept in the store beside the sessions and timed by the store's own clock.
 * Every method is atomic. Each throws {@link
 * dev.notebay.scheduler.core.SchedulerException.StoreUnavailable} when it cannot tell whether it
 * was done.
 */
public interface LeaderLease {
  /**
   * Begins a reign where nobody reigns, where the last lease has run out, or where it is {@code
   * replica}'s own: then that process has ended, since no two live ones share a name.
   *
   * @param replica name of the asking process, which no other live one has
   * @param term how long the lease lasts from now
   * @return the new reign, greater than any before; empty where another replica leads
   */
  Optional<Epoch> acquire(String replica, Duration term);

  /**
   * Prolongs a reign to {@code term} from now, also where its lease has run out and nobody has
   * taken the lead since.
   *
   * @return false where {@code epoch} is not the present reign any more
   */
  boolean renew(Epoch epoch, Duration term);

  /** Ends a reign, so that another replica need not wait. Nothing happens where it is over. */
  void release(Epoch epoch);
}
