package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.leader.LeaderLease;

class InMemoryDeviceShareTest extends DeviceShareContract {
  private final InMemorySessionStore store = new InMemorySessionStore();

  @Override
  protected SessionStore store() {
    return store;
  }

  @Override
  protected LeaderLease lease() {
    return store;
  }
}
