package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.leader.Epoch;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A store that asks another; for tests that change one of its answers. */
public class ForwardingSessionStore implements SessionStore {
  private final SessionStore store;

  protected ForwardingSessionStore(SessionStore store) {
    this.store = store;
  }

  @Override
  public Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    return store.insert(session, key, maximumUnfinished);
  }

  @Override
  public Optional<Session> find(SessionId id) {
    return store.find(id);
  }

  @Override
  public Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return store.findByRequest(owner, requestId);
  }

  @Override
  public List<Session> findAll(Collection<SessionId> ids) {
    return store.findAll(ids);
  }

  @Override
  public Replacement replace(Session next) {
    return store.replace(next);
  }

  @Override
  public List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
    return store.replaceAll(next, epoch);
  }

  @Override
  public Instant now() {
    return store.now();
  }

  @Override
  public List<DeviceUse> uses(SessionId id) {
    return store.uses(id);
  }

  @Override
  public List<Session> unfinished() {
    return store.unfinished();
  }

  @Override
  public Changes changes(Changes.Mark since) {
    return store.changes(since);
  }

  @Override
  public void forgetChanges(Changes.Mark before) {
    store.forgetChanges(before);
  }

  @Override
  public List<Session> list(Owner owner, boolean withEnded, Optional<Cursor> after, int limit) {
    return store.list(owner, withEnded, after, limit);
  }
}
