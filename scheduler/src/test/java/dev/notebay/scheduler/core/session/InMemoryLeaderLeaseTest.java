package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.leader.LeaderLease;

class InMemoryLeaderLeaseTest extends LeaderLeaseContract {
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
