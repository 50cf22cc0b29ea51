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
 * Reads sessions by the transaction that wrote them last ({@code session.written}).
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
 * </ol>
 */
final class ChangeFeed {
  private static final String MOMENT =
      """
      SELECT moment.history, moment.horizon, moment.latest, session.*
      FROM (
        SELECT
          system_identifier || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
            AS history,
          pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
          coalesce(
            (SELECT written::text::bigint FROM scheduler.session
             WHERE written < pg_snapshot_xmax(pg_current_snapshot())
             ORDER BY session.written DESC LIMIT 1),
            0) AS latest
        FROM pg_control_system()) AS moment
      LEFT JOIN scheduler.session ON
      """;

  static final String WRITTEN_SINCE =
      MOMENT
          + """
          session.written >= CAST(? AS xid8)
            AND session.written < pg_snapshot_xmax(pg_current_snapshot())
          """;

  private static final String UNFINISHED =
      MOMENT + "session.state <> 'ENDED' OR session.volume_held";

  private ChangeFeed() {}

  /** Each of the statements is one snapshot: neither needs a transaction around it. */
  static Changes read(Transaction transaction, Mark since) throws SQLException {
    if (!since.equals(Mark.NONE)) {
      try (PreparedStatement select = transaction.preparePlannedAnew(WRITTEN_SINCE)) {
        select.setString(1, Long.toString(since.position()));
        Changes changes = changes(select, since.position(), false);
        if (changes.next().history().equals(since.history())
            && changes.next().position() >= since.position()) {
          return changes;
        }
      }
    }
    try (PreparedStatement select = transaction.prepare(UNFINISHED)) {
      return changes(select, 0, true);
    }
  }

  private static Changes changes(PreparedStatement select, long since, boolean complete)
      throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      row.next();
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
  }
}
