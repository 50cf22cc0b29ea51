package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionStore.Insertion;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.util.Optional;

/** The database: durable, consistent, and away now and then. Shows every commit to the truth. */
final class Database {
  private final World world;
  private final Truth truth;
  private final InMemorySessionStore rows;
  private long awayUntil;

  Database(World world, Truth truth) {
    this.world = world;
    this.truth = truth;
    this.rows = new InMemorySessionStore(world::time);
  }

  InMemorySessionStore rows() {
    return rows;
  }

  boolean isUp() {
    return world.now() >= awayUntil;
  }

  void restart(long nanos) {
    world.trace(() -> "database away for " + nanos / 1_000_000 + " ms");
    awayUntil = world.now() + nanos;
  }

  void heal() {
    awayUntil = world.now();
  }

  Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    Insertion insertion = rows.insert(session, key, maximumUnfinished);
    if (insertion instanceof Insertion.Inserted(var inserted)) {
      world.trace(() -> "committed " + inserted.id() + " QUEUED");
      truth.inserted(inserted);
    }
    return insertion;
  }

  Replacement replace(Session next, Optional<Epoch> epoch) {
    Optional<Session> before = rows.find(next.id());
    Replacement replacement =
        epoch.isPresent() ? rows.replace(next, epoch.get()) : rows.replace(next);
    if (replacement == Replacement.REPLACED) {
      world.trace(
          () ->
              "committed %s attempt %d version %d %s"
                  .formatted(next.id(), next.attempt(), next.version(), next.state()));
      world.note(next.version() * 31 + next.state().label().hashCode());
      truth.committed(before.orElse(next), next);
    }
    return replacement;
  }
}
