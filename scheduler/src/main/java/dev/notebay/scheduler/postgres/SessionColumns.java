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
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sessions as rows of values for {@link Parameters#bindRows}. The instants and texts that a store
 * does not keep exactly are cut down here. A list of texts is written as PostgreSQL writes an
 * array, since arrays of arrays must be of one length.
 */
final class SessionColumns {
  /** Of {@link #fixed}, which a statement names from {@code id} to {@code created}. */
  static final List<String> FIXED =
      List.of(
          "uuid",
          "text",
          "uuid",
          "text",
          "text",
          "text",
          "int4",
          "int4",
          "int8",
          "text",
          "int4",
          "int8",
          "int8",
          "text",
          "int8",
          "int8",
          "int8",
          "text",
          "text",
          "text",
          "timestamptz");

  /** Of {@link #changing}, which a statement names from {@code updated} to {@code volume_held}. */
  static final List<String> CHANGING =
      List.of(
          "timestamptz",
          "int4",
          "int8",
          "timestamptz",
          "text",
          "timestamptz",
          "timestamptz",
          "text",
          "timestamptz",
          "text",
          "text",
          "text",
          "int8",
          "int8",
          "timestamptz",
          "text",
          "text",
          "timestamptz",
          "timestamptz",
          "text",
          "text",
          "timestamptz",
          "timestamptz",
          "bool");

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
          "assigned_memory_bytes",
          "assigned_memory_of",
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

  private SessionColumns() {}

  /** What never changes, in the order of the table. */
  static List<@Nullable Object> fixed(Transaction transaction, Session session, RequestKey key)
      throws SQLException {
    SessionSpec spec = session.spec();
    return Arrays.asList(
        session.id().value(),
        SessionStore.kept(session.owner().subject()),
        key.id(),
        SessionStore.kept(key.digest()),
        SessionStore.kept(spec.displayName()),
        texts(transaction, spec.accelerator().types()),
        spec.accelerator().count(),
        spec.accelerator().milli(),
        spec.accelerator().memoryBytes(),
        spec.queue(),
        spec.priority(),
        spec.compute().cpuMilli(),
        spec.compute().memoryBytes(),
        spec.volume().map(SessionStore::kept).orElse(null),
        spec.policy().idleTimeout().toNanos(),
        spec.policy().maximumLifetime().toNanos(),
        spec.policy().warning().toNanos(),
        spec.image().map(Image::reference).orElse(null),
        texts(transaction, spec.environment().variables().keySet()),
        texts(transaction, spec.environment().variables().values()),
        SessionStore.kept(session.created()));
  }

  /** What changes, in the order of the table; {@code version} is left out. */
  static List<@Nullable Object> changing(Transaction transaction, Session session)
      throws SQLException {
    List<@Nullable Object> row = new ArrayList<>(CHANGING.size());
    row.add(SessionStore.kept(session.updated()));
    row.add(session.attempt());
    row.add(session.policyGeneration());
    row.add(session.extendUntil().map(SessionStore::kept).orElse(null));
    Map<String, Object> columns = of(transaction, session.state());
    OF_STATE.forEach(column -> row.add(columns.get(column)));
    return row;
  }

  private static Map<String, Object> of(Transaction transaction, SessionState state)
      throws SQLException {
    Map<String, Object> columns = new HashMap<>();
    switch (state) {
      case Queued(var since, var heldBack, var startBy) -> {
        columns.put("state", "QUEUED");
        columns.put("queued_since", SessionStore.kept(since));
        startBy.ifPresent(bound -> columns.put("start_by", SessionStore.kept(bound)));
        heldBack.ifPresent(
            held -> {
              columns.put("held_back_until", SessionStore.kept(held.until()));
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
        columns.put("ready_at", SessionStore.kept(readyAt));
        preemptAt.ifPresent(notice -> columns.put("preempt_at", SessionStore.kept(notice)));
      }
      case Stopping(_, var reason, var message, var since) -> {
        columns.put("state", "STOPPING");
        columns.put("stopping_since", SessionStore.kept(since));
        putEnd(columns, reason, message);
      }
      case Ended(var reason, var message, var at, var volumeHeld) -> {
        columns.put("state", "ENDED");
        columns.put("ended_at", SessionStore.kept(at));
        columns.put("volume_held", volumeHeld);
        putEnd(columns, reason, message);
      }
    }
    Optional<Assignment> held = state.held();
    if (held.isPresent()) {
      Assignment assignment = held.get();
      columns.put("node", SessionStore.kept(assignment.node()));
      columns.put("assigned_type", assignment.type());
      columns.put("devices", texts(transaction, assignment.devices()));
      assignment
          .memory()
          .ifPresent(
              memory -> {
                columns.put("assigned_memory_bytes", memory.bytes());
                columns.put("assigned_memory_of", memory.ofBytes());
              });
      columns.put("assigned_at", SessionStore.kept(assignment.at()));
    }
    return columns;
  }

  private static void putEnd(Map<String, Object> columns, EndReason reason, String message) {
    columns.put("end_reason", reason.name());
    columns.put("end_message", SessionStore.kept(message));
  }

  static String texts(Transaction transaction, Collection<String> texts) throws SQLException {
    return transaction.arrayOf("text", texts.stream().map(SessionStore::kept).toArray()).toString();
  }
}
