package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.Changes;
import dev.notebay.scheduler.core.session.DeviceUse;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** One replica's connections to the database, which may be lost at any moment. */
final class SimStore implements SessionStore, LeaderLease {
  /** After this the database gives up what it was asked for. */
  private static final long STATEMENT_TIMEOUT = 4_000_000_000L;

  private final Network network;
  private final Database database;
  private final Actor replica;

  SimStore(Network network, Database database, Actor replica) {
    this.network = network;
    this.database = database;
    this.replica = replica;
  }

  private <T> T call(Supplier<T> work) {
    return network.call(
        replica,
        STATEMENT_TIMEOUT,
        () -> {
          if (!database.isUp()) {
            throw unavailable();
          }
          return work.get();
        },
        SimStore::unavailable);
  }

  private static StoreUnavailable unavailable() {
    return new StoreUnavailable("the database does not answer", new IllegalStateException());
  }

  @Override
  public Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    return call(() -> database.insert(session, key, maximumUnfinished));
  }

  @Override
  public Optional<Session> find(SessionId id) {
    return call(() -> database.rows().find(id));
  }

  @Override
  public Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return call(() -> database.rows().findByRequest(owner, requestId));
  }

  @Override
  public List<Session> findAll(Collection<SessionId> ids) {
    return call(() -> database.rows().findAll(ids));
  }

  @Override
  public Replacement replace(Session next) {
    return call(() -> database.replace(next));
  }

  @Override
  public List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
    return call(() -> database.replaceAll(next, epoch));
  }

  @Override
  public List<Session> unfinished() {
    return call(() -> database.rows().unfinished());
  }

  @Override
  public Changes changes(Changes.Mark since) {
    return call(() -> database.rows().changes(since));
  }

  @Override
  public void forgetChanges(Changes.Mark before) {
    call(
        () -> {
          database.rows().forgetChanges(before);
          return before;
        });
  }

  @Override
  public List<Session> list(Owner owner, boolean withEnded, Optional<Cursor> after, int limit) {
    return call(() -> database.rows().list(owner, withEnded, after, limit));
  }

  @Override
  public Instant now() {
    return call(() -> database.rows().now());
  }

  @Override
  public List<DeviceUse> uses(SessionId id) {
    return call(() -> database.rows().uses(id));
  }

  @Override
  public Optional<Epoch> acquire(String candidate, Duration term) {
    return call(() -> database.rows().acquire(candidate, term));
  }

  @Override
  public boolean renew(Epoch epoch, Duration term) {
    return call(() -> database.rows().renew(epoch, term));
  }

  @Override
  public void release(Epoch epoch) {
    call(
        () -> {
          database.rows().release(epoch);
          return true;
        });
  }
}
