package dev.notebay.scheduler.core.queue;

class InMemoryQueueStoreTest extends QueueStoreContract {
  private final InMemoryQueueStore store = new InMemoryQueueStore();

  @Override
  protected QueueStore store() {
    return store;
  }
}
