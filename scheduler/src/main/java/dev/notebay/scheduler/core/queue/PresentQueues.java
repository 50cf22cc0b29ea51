package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.queue.QueueStore.Stored;

/**
 * The queues as this replica last read them. What another replica changes is seen with the next
 * {@link #refresh()}, which passes call now and then. For any number of threads.
 */
public final class PresentQueues {
  private final QueueStore store;
  private volatile Stored stored;

  /** Reads them. */
  public PresentQueues(QueueStore store) {
    this.store = store;
    this.stored = store.read();
  }

  public Queues queues() {
    return stored.queues();
  }

  /** Reads them again if they have changed. */
  public Stored refresh() {
    Stored seen = stored;
    if (store.version() != seen.version()) {
      seen = store.read();
      saw(seen);
    }
    return seen;
  }

  /** A read that was overtaken by a later one changes nothing. */
  synchronized void saw(Stored newer) {
    if (newer.version() > stored.version()) {
      stored = newer;
    }
  }
}
