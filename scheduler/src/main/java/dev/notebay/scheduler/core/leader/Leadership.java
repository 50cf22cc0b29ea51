package dev.notebay.scheduler.core.leader;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What one replica believes about its own lead. Belief only spares useless work: a leader that was
 * paused or cut off may still believe, and safety rests on the store, which refuses the writes of
 * any reign but the present one. For one thread.
 *
 * <p>As with the leases of Gray and Cheriton (SOSP 1989) the holder counts the term from before it
 * asked, on a clock that no one sets, and so stops believing before the store lets another in.
 */
public final class Leadership {
  /** How long a lease lasts; a dead leader is followed by another after at most this long. */
  public static final Duration TERM = Duration.ofSeconds(10);

  /** A lease older than this is renewed, so that two renewals may fail. */
  static final Duration RENEWAL = TERM.dividedBy(3);

  /** A standby asks for the lead this often. */
  static final Duration CANDIDACY = Duration.ofSeconds(1);

  private final LeaderLease lease;
  private final String replica;
  private final LongSupplier nanoTime;
  private Optional<Epoch> epoch = Optional.empty();
  private long asked;
  private boolean everAsked;

  /**
   * @param replica name of this process, which no other live one has
   * @param nanoTime nanoseconds on a clock that only runs forward, as {@link System#nanoTime()}
   */
  public Leadership(LeaderLease lease, String replica, LongSupplier nanoTime) {
    this.lease = lease;
    this.replica = replica;
    this.nanoTime = nanoTime;
  }

  /**
   * Takes the lead or keeps it, if that is possible; asks the store only when it is time to.
   *
   * @return the present reign, if it is this replica's
   */
  public Optional<Epoch> keep() {
    long before = nanoTime.getAsLong();
    if (epoch.isPresent()) {
      if (before - asked < RENEWAL.toNanos()) {
        return epoch;
      }
      if (lease.renew(epoch.get(), TERM)) {
        asked = before;
      } else {
        lose(epoch.get());
      }
      return epoch;
    }
    if (!everAsked || before - asked >= CANDIDACY.toNanos()) {
      everAsked = true;
      asked = before;
      epoch = lease.acquire(replica, TERM);
    }
    return epoch;
  }

  /** Whether this replica may believe that {@code reign} goes on. */
  public boolean holds(Epoch reign) {
    return epoch.filter(reign::equals).isPresent() && nanoTime.getAsLong() - asked < TERM.toNanos();
  }

  /** The reign that this replica may believe in now, without asking anybody. */
  public Optional<Epoch> reign() {
    return epoch.filter(this::holds);
  }

  /** The store has told that {@code reign} is over. */
  public void lose(Epoch reign) {
    if (epoch.filter(reign::equals).isPresent()) {
      epoch = Optional.empty();
      // Whoever has taken over keeps it for a term at least.
      everAsked = true;
      asked = nanoTime.getAsLong();
    }
  }

  /** Gives the lead back, for an orderly end. */
  public void resign() {
    if (epoch.isPresent()) {
      Epoch last = epoch.get();
      lose(last);
      lease.release(last);
    }
  }
}
