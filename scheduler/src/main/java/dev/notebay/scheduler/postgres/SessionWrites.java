package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Changes sessions, many in one transaction.
 *
 * <ol>
 *   <li>The writer's reign, if it has one, is looked at and held.
 *   <li>Every row that is at the version before is written; always in the order of their ids, so
 *       that two of these cannot deadlock.
 *   <li>The uses of devices end that are held no more, then those begin that are held.
 * </ol>
 */
final class SessionWrites {
  private static final String UPDATE =
      """
      UPDATE scheduler.session SET
        updated = ?, attempt = ?, policy_generation = ?, extend_until = ?,
        state = ?, queued_since = ?, held_back_until = ?, held_back_why = ?, start_by = ?,
        node = ?, assigned_type = ?, devices = ?, assigned_at = ?, claimed_by = ?,
        jupyter = ?, ready_at = ?, preempt_at = ?,
        end_reason = ?, end_message = ?, stopping_since = ?, ended_at = ?, volume_held = ?,
        version = version + 1
      WHERE id = ? AND version = ?
      """;

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
    try (PreparedStatement update = transaction.prepare(UPDATE)) {
      for (Session session : order) {
        var columns = new SessionColumns(transaction, update);
        columns.bindChanging(session);
        columns.bind(session.id().value());
        columns.bind(session.version() - 1);
        update.addBatch();
      }
      int[] rows = update.executeBatch();
      Set<SessionId> written = new HashSet<>();
      for (int i = 0; i < rows.length; i++) {
        if (rows[i] == 1) {
          written.add(order.get(i).id());
        }
      }
      // Of two that want one device the first in the caller's order has it.
      return next.stream().filter(session -> written.contains(session.id())).toList();
    }
  }
}
