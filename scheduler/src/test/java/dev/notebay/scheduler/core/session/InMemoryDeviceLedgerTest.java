package dev.notebay.scheduler.core.session;

class InMemoryDeviceLedgerTest extends DeviceLedgerContract {
  private final InMemorySessionStore store = new InMemorySessionStore();

  @Override
  protected SessionStore store() {
    return store;
  }
}
