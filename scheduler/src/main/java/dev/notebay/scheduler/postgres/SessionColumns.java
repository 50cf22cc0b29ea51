package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as parameters of a statement, bound from left to right. The instants and texts that a
 * store does not keep exactly are cut down here.
 */
final class SessionColumns {
  /** The columns that belong to a state, in the order in which the statements name them. */
  private static final List<String> OF_STATE =
      List.of(
          "state",
          "queued_since",
          "held_back_until",
          "held_back_why",
          "start_by",
          "node",
          "assigned_type",
          "devices",
          "assigned_at",
          "claimed_by",
          "jupyter",
          "ready_at",
          "preempt_at",
          "end_reason",
          "end_message",
          "stopping_since",
          "ended_at",
          "volume_held");

  private final Transaction transaction;
  private final PreparedStatement statement;
  private int bound;

  SessionColumns(Transaction transaction, PreparedStatement statement) {
    this.transaction = transaction;
    this.statement = statement;
  }

  /** What never changes, in the order of the table. */
  void bindFixed(Session session, RequestKey key) throws SQLException {
    SessionSpec spec = session.spec();
    bind(session.id().value());
    bind(SessionStore.kept(session.owner().subject()));
    bind(key.id());
    bind(SessionStore.kept(key.digest()));
    bind(SessionStore.kept(spec.displayName()));
    bind(transaction.arrayOf("text", spec.accelerator().types().toArray()));
    bind(spec.accelerator().count());
    bind(spec.accelerator().milli());
    bind(spec.accelerator().memoryBytes());
    bind(spec.queue());
    bind(spec.priority());
    bind(spec.compute().cpuMilli());
    bind(spec.compute().memoryBytes());
    bind(spec.volume().map(SessionStore::kept).orElse(null));
    bind(spec.policy().idleTimeout().toNanos());
    bind(spec.policy().maximumLifetime().toNanos());
    bind(spec.policy().warning().toNanos());
    bind(spec.image().map(Image::reference).orElse(null));
    bind(transaction.arrayOf("text", spec.environment().variables().keySet().toArray()));
    bind(transaction.arrayOf("text", spec.environment().variables().values().toArray()));
    bind(time(session.created()));
  }

  /** What changes, in the order of the table; {@code version} is left out. */
  void bindChanging(Session session) throws SQLException {
    bind(time(session.updated()));
    bind(session.attempt());
    bind(session.policyGeneration());
    bind(session.extendUntil().map(SessionColumns::time).orElse(null));
    Map<String, Object> columns = of(session.state());
    for (String column : OF_STATE) {
      bind(columns.get(column));
    }
  }

  void bind(@Nullable Object value) throws SQLException {
    statement.setObject(++bound, value);
  }

  static Object time(Instant at) {
    return SessionStore.kept(at).atOffset(ZoneOffset.UTC);
  }

  private Map<String, Object> of(SessionState state) throws SQLException {
    Map<String, Object> columns = new HashMap<>();
    switch (state) {
      case Queued(var since, var heldBack, var startBy) -> {
        columns.put("state", "QUEUED");
        columns.put("queued_since", time(since));
        startBy.ifPresent(bound -> columns.put("start_by", time(bound)));
        heldBack.ifPresent(
            held -> {
              columns.put("held_back_until", time(held.until()));
              columns.put("held_back_why", SessionStore.kept(held.why()));
            });
      }
      case Starting(_, var claimedBy) -> {
        columns.put("state", "STARTING");
        claimedBy.ifPresent(uid -> columns.put("claimed_by", SessionStore.kept(uid)));
      }
      case Running(_, var claimedBy, var jupyter, var readyAt, var preemptAt) -> {
        columns.put("state", "RUNNING");
        columns.put("claimed_by", SessionStore.kept(claimedBy));
        columns.put("jupyter", jupyter.toString());
        columns.put("ready_at", time(readyAt));
        preemptAt.ifPresent(notice -> columns.put("preempt_at", time(notice)));
      }
      case Stopping(_, var reason, var message, var since) -> {
        columns.put("state", "STOPPING");
        columns.put("stopping_since", time(since));
        putEnd(columns, reason, message);
      }
      case Ended(var reason, var message, var at, var volumeHeld) -> {
        columns.put("state", "ENDED");
        columns.put("ended_at", time(at));
        columns.put("volume_held", volumeHeld);
        putEnd(columns, reason, message);
      }
    }
    Optional<Assignment> held = state.held();
    if (held.isPresent()) {
      Assignment assignment = held.get();
      columns.put("node", SessionStore.kept(assignment.node()));
      columns.put("assigned_type", assignment.type());
      columns.put("devices", devices(transaction, assignment));
      columns.put("assigned_at", time(assignment.at()));
    }
    return columns;
  }

  private static void putEnd(Map<String, Object> columns, EndReason reason, String message) {
    columns.put("end_reason", reason.name());
    columns.put("end_message", SessionStore.kept(message));
  }

  static Object devices(Transaction transaction, Assignment assignment) throws SQLException {
    return transaction.arrayOf(
        "text", assignment.devices().stream().map(SessionStore::kept).toArray());
  }
}
