package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Changes sessions, many in one transaction.
 *
 * <ol>
 *   <li>The writer's reign, if it has one, is looked at and held.
 *   <li>Every row that is at the version before is written, all by one statement. It is given them
 *       in the order of their ids, so that two of these hardly deadlock; where they do, one of them
 *       is undone and done again ({@link Transactions}).
 *   <li>The uses of devices end that are held no more, then those begin that are held.
 * </ol>
 */
final class SessionWrites {
  private static final String UPDATE =
      """
      UPDATE scheduler.session SET
        updated = next.updated, attempt = next.attempt,
        policy_generation = next.policy_generation, extend_until = next.extend_until,
        state = next.state, queued_since = next.queued_since,
        held_back_until = next.held_back_until, held_back_why = next.held_back_why,
        start_by = next.start_by, node = next.node, assigned_type = next.assigned_type,
        devices = next.devices::text[], assigned_memory_bytes = next.assigned_memory_bytes,
        assigned_memory_of = next.assigned_memory_of, assigned_at = next.assigned_at,
        claimed_by = next.claimed_by, jupyter = next.jupyter, ready_at = next.ready_at,
        preempt_at = next.preempt_at, end_reason = next.end_reason,
        end_message = next.end_message, stopping_since = next.stopping_since,
        ended_at = next.ended_at, volume_held = next.volume_held, version = next.version
      FROM unnest(
        ?, ?,
        ?, ?, ?, ?,
        ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?) AS next (
        id, version,
        updated, attempt, policy_generation, extend_until,
        state, queued_since, held_back_until, held_back_why, start_by,
        node, assigned_type, devices, assigned_memory_bytes, assigned_memory_of, assigned_at,
        claimed_by, jupyter, ready_at, preempt_at,
        end_reason, end_message, stopping_since, ended_at, volume_held)
      WHERE session.id = next.id AND session.version = next.version - 1
      RETURNING session.id
      """;

  private static final List<String> ROW =
      Stream.of(List.of("uuid", "int8"), SessionColumns.CHANGING).flatMap(List::stream).toList();

  private SessionWrites() {}

  /**
   * What became of each; where it is {@link Replacement#DEVICE_TAKEN} for any, nothing stays
   * written.
   */
  static Map<SessionId, Replacement> write(
      Transaction transaction, List<Session> next, Optional<Epoch> epoch) throws SQLException {
    Map<SessionId, Replacement> results = new HashMap<>();
    if (epoch.isPresent() && !PostgresLeaderLease.isPresent(transaction, epoch.get())) {
      next.forEach(session -> results.put(session.id(), Replacement.FENCED));
      return results;
    }
    next.forEach(session -> results.put(session.id(), Replacement.CHANGED));
    List<Session> written = update(transaction, next);
    DeviceUses.end(transaction, written);
    Set<SessionId> refused = DeviceUses.book(transaction, written);
    for (Session session : written) {
      results.put(
          session.id(),
          refused.contains(session.id()) ? Replacement.DEVICE_TAKEN : Replacement.REPLACED);
    }
    if (!refused.isEmpty()) {
      transaction.undo();
    }
    return results;
  }

  /** Those that were written. */
  private static List<Session> update(Transaction transaction, List<Session> next)
      throws SQLException {
    List<Session> order = new ArrayList<>(next);
    order.sort(Comparator.comparing(Session::id));
    List<List<@Nullable Object>> rows = new ArrayList<>();
    for (Session session : order) {
      List<@Nullable Object> row = new ArrayList<>(ROW.size());
      row.add(session.id().value());
      row.add(session.version());
      row.addAll(SessionColumns.changing(transaction, session));
      rows.add(row);
    }
    Set<SessionId> written = new HashSet<>();
    try (PreparedStatement update = transaction.preparePlannedAnew(UPDATE)) {
      new Parameters(transaction, update).bindRows(ROW, rows);
      try (ResultSet row = update.executeQuery()) {
        while (row.next()) {
          written.add(new SessionId(row.getObject("id", UUID.class)));
        }
      }
    }
    // Of two that want one device the first in the caller's order has it.
    return next.stream().filter(session -> written.contains(session.id())).toList();
  }
}
