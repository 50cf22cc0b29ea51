package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Changes;
import dev.notebay.scheduler.core.session.Changes.Mark;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads sessions by the transactions that wrote them, of which the database itself keeps a list
 * ({@code session_change}).
 *
 * <ol>
 *   <li>A snapshot sees all transactions before its {@code xmin}, and maybe some after. So a reader
 *       that asks from its last snapshot's xmin on misses none, however late a transaction commits
 *       that was open then; what it has seen already it is told again.
 *   <li>A mark is also never beyond the last transaction that is seen to have written here. A
 *       number that was given to a transaction which left no trace is given again after a crash;
 *       one of a transaction that is seen is not, since a commit is on the disk before it is seen.
 *   <li>A mark holds for one history: of one cluster, by its system identifier, until it is
 *       restored to a point in time or a standby takes over, by its timeline. Rows from a dump
 *       carry numbers of another cluster; those that this one has not reached yet are passed over.
 *   <li>The list forgets what is old, and then keeps the last transaction before all that it knows:
 *       a mark before the oldest in the list means nothing any more.
 * </ol>
 */
final class ChangeFeed {
  private static final String HISTORY =
      """
      system_identifier || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
      """;

  private static final String MOMENT =
      """
      SELECT moment.history, moment.horizon, moment.oldest, moment.latest, session.*
      FROM (
        SELECT
          %s AS history,
          pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
          coalesce(
            (SELECT written::text::bigint FROM scheduler.session_change AS change
             WHERE written < pg_snapshot_xmax(pg_current_snapshot())
             ORDER BY change.written LIMIT 1),
            0) AS oldest,
          coalesce(
            (SELECT written::text::bigint FROM scheduler.session_change AS change
             WHERE written < pg_snapshot_xmax(pg_current_snapshot())
             ORDER BY change.written DESC LIMIT 1),
            0) AS latest
        FROM pg_control_system()) AS moment
      LEFT JOIN scheduler.session ON
      """
          .formatted(HISTORY);

  static final String WRITTEN_SINCE =
      MOMENT
          + """
          session.id = ANY (ARRAY(
            SELECT DISTINCT session_id FROM scheduler.session_change
            WHERE written >= CAST(? AS xid8)
              AND written < pg_snapshot_xmax(pg_current_snapshot())))
          """;

  private static final String UNFINISHED = MOMENT + "session.unfinished";

  static final String FORGET =
      """
      DELETE FROM scheduler.session_change WHERE written < (
        SELECT written FROM scheduler.session_change AS change, pg_control_system()
        WHERE written < CAST(? AS xid8) AND %s = ?
        ORDER BY change.written DESC LIMIT 1)
      """
          .formatted(HISTORY);

  private ChangeFeed() {}

  /** Each of the statements is one snapshot: neither needs a transaction around it. */
  static Changes read(Transaction transaction, Mark since) throws SQLException {
    if (!since.equals(Mark.NONE)) {
      try (PreparedStatement select = transaction.preparePlannedAnew(WRITTEN_SINCE)) {
        select.setString(1, Long.toString(since.position()));
        try (ResultSet row = select.executeQuery()) {
          row.next();
          if (means(row, since)) {
            return changes(row, since.position(), false);
          }
        }
      }
    }
    try (PreparedStatement select = transaction.prepare(UNFINISHED);
        ResultSet row = select.executeQuery()) {
      row.next();
      return changes(row, 0, true);
    }
  }

  private static boolean means(ResultSet row, Mark since) throws SQLException {
    return row.getString("history").equals(since.history())
        && row.getLong("oldest") <= since.position()
        && row.getLong("horizon") >= since.position();
  }

  /**
   * @param row the first of the answer; each of them tells the moment
   */
  private static Changes changes(ResultSet row, long since, boolean complete) throws SQLException {
    long latest = Math.max(since, row.getLong("latest") + 1);
    var next = new Mark(row.getString("history"), Math.min(row.getLong("horizon"), latest));
    List<Session> sessions = new ArrayList<>();
    if (row.getObject("id") != null) {
      do {
        sessions.add(SessionRows.session(row));
      } while (row.next());
    }
    return new Changes(List.copyOf(sessions), complete, next);
  }

  /** Forgets what was written before the mark, if it is one of this history. */
  static void forget(Transaction transaction, Mark before) throws SQLException {
    try (PreparedStatement delete = transaction.preparePlannedAnew(FORGET)) {
      delete.setString(1, Long.toString(before.position()));
      delete.setString(2, before.history());
      delete.executeUpdate();
    }
  }
}
