package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.MemoryShare;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Rows of the table {@code session} as sessions. */
final class SessionRows {
  private SessionRows() {}

  static List<Session> all(ResultSet row) throws SQLException {
    List<Session> sessions = new ArrayList<>();
    while (row.next()) {
      sessions.add(session(row));
    }
    return List.copyOf(sessions);
  }

  static Session session(ResultSet row) throws SQLException {
    var id = new SessionId(row.getObject("id", UUID.class));
    try {
      return new Session(
          id,
          new Owner(row.getString("owner")),
          spec(row),
          instant(row, "created"),
          instant(row, "updated"),
          row.getLong("version"),
          row.getInt("attempt"),
          row.getLong("policy_generation"),
          optionalInstant(row, "extend_until"),
          state(row));
    } catch (IllegalArgumentException e) {
      throw new StoreException("a row that is no session: session=" + id, e);
    }
  }

  private static SessionSpec spec(ResultSet row) throws SQLException {
    return new SessionSpec(
        row.getString("display_name"),
        new Accelerator(
            texts(row, "accelerator_types"),
            row.getInt("accelerator_count"),
            row.getInt("accelerator_milli"),
            row.getLong("accelerator_memory_bytes")),
        new Compute(row.getLong("cpu_milli"), row.getLong("memory_bytes")),
        Optional.ofNullable(row.getString("volume")),
        new Policy(
            Duration.ofNanos(row.getLong("idle_timeout_nanos")),
            Duration.ofNanos(row.getLong("maximum_lifetime_nanos")),
            Duration.ofNanos(row.getLong("warning_nanos"))),
        row.getString("queue"),
        row.getInt("priority"),
        Optional.ofNullable(row.getString("image")).map(Image::new),
        environment(texts(row, "environment_names"), texts(row, "environment_values")));
  }

  private static Environment environment(List<String> names, List<String> values) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      variables.put(names.get(i), values.get(i));
    }
    return new Environment(variables);
  }

  private static SessionState state(ResultSet row) throws SQLException {
    return switch (row.getString("state")) {
      case "QUEUED" ->
          new Queued(instant(row, "queued_since"), heldBack(row), optionalInstant(row, "start_by"));
      case "STARTING" ->
          new Starting(assignment(row), Optional.ofNullable(row.getString("claimed_by")));
      case "RUNNING" ->
          new Running(
              assignment(row),
              row.getString("claimed_by"),
              URI.create(row.getString("jupyter")),
              instant(row, "ready_at"),
              optionalInstant(row, "preempt_at"));
      case "STOPPING" ->
          new Stopping(
              assignment(row),
              EndReason.valueOf(row.getString("end_reason")),
              row.getString("end_message"),
              instant(row, "stopping_since"));
      case "ENDED" ->
          new Ended(
              EndReason.valueOf(row.getString("end_reason")),
              row.getString("end_message"),
              instant(row, "ended_at"),
              row.getBoolean("volume_held"));
      case String other -> throw new IllegalArgumentException("state: " + other);
    };
  }

  private static Optional<HeldBack> heldBack(ResultSet row) throws SQLException {
    Optional<Instant> until = optionalInstant(row, "held_back_until");
    String why = row.getString("held_back_why");
    return until.map(instant -> new HeldBack(instant, why));
  }

  private static Assignment assignment(ResultSet row) throws SQLException {
    return new Assignment(
        row.getString("node"),
        row.getString("assigned_type"),
        texts(row, "devices"),
        memory(row),
        instant(row, "assigned_at"));
  }

  private static Optional<MemoryShare> memory(ResultSet row) throws SQLException {
    long bytes = row.getLong("assigned_memory_bytes");
    return row.wasNull()
        ? Optional.empty()
        : Optional.of(new MemoryShare(bytes, row.getLong("assigned_memory_of")));
  }

  private static List<String> texts(ResultSet row, String column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static Optional<Instant> optionalInstant(ResultSet row, String column)
      throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }
}
