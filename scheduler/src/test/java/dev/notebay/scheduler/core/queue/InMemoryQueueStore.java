package dev.notebay.scheduler.core.queue;

import java.util.Optional;

/** Queues in memory, as the contract says. */
public final class InMemoryQueueStore implements QueueStore {
  private Stored stored = new Stored(Queues.builtIn(), 0);

  @Override
  public synchronized Stored read() {
    return stored;
  }

  @Override
  public synchronized long version() {
    return stored.version();
  }

  @Override
  public synchronized Optional<Stored> replace(Queues next, long version) {
    if (version != stored.version()) {
      return Optional.empty();
    }
    if (!next.equals(stored.queues())) {
      stored = new Stored(next, version + 1);
    }
    return Optional.of(stored);
  }
}
