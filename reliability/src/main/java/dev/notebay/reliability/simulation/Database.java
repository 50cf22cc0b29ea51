package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore.Insertion;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  Replacement replace(Session next) {
    Optional<Session> before = rows.find(next.id());
    Replacement replacement = rows.replace(next);
    if (replacement == Replacement.REPLACED) {
      committed(before.orElse(next), next);
    }
    return replacement;
  }

  List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
    Map<SessionId, Session> before = new HashMap<>();
    next.forEach(session -> rows.find(session.id()).ifPresent(row -> before.put(row.id(), row)));
    List<Replacement> replacements = rows.replaceAll(next, epoch);
    for (boolean holds : List.of(false, true)) {
      for (int i = 0; i < next.size(); i++) {
        Session session = next.get(i);
        if (replacements.get(i) == Replacement.REPLACED
            && session.state().held().isPresent() == holds) {
          committed(before.getOrDefault(session.id(), session), session);
        }
      }
    }
    return replacements;
  }

  private void committed(Session before, Session next) {
    world.trace(
        () ->
            "committed %s attempt %d version %d %s"
                .formatted(next.id(), next.attempt(), next.version(), next.state()));
    world.note(next.version() * 31 + next.state().label().hashCode());
    truth.committed(before, next);
  }
}
