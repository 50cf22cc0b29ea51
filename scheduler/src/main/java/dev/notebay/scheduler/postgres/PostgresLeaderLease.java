package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The lease of the lead, as the one row of {@code scheduler.leader}.
 *
 * <p>A new reign waits for the writes of the old one that have looked already. It gets its turn,
 * because a replica writes as leader from one thread: with many, one of them would always hold the
 * row, and the asking replica would ask in vain until they pause.
 */
public final class PostgresLeaderLease implements LeaderLease {
  private static final double MILLIS_PER_SECOND = 1000;

  private final Transactions transactions;

  public PostgresLeaderLease(DataSource dataSource) {
    this.transactions = new Transactions(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  /**
   * One after the other: of those who would insert the first row at once, some would find the epoch
   * taken before they find the row.
   */
  @Override
  public Optional<Epoch> acquire(String replica, Duration term) {
    return transactions.run(
        "ask for the lead",
        transaction -> {
          try (PreparedStatement upsert =
              transaction.prepare(
                  """
                  WITH turn AS MATERIALIZED (
                    SELECT pg_advisory_xact_lock(hashtextextended('scheduler.leader', 0))
                  )
                  INSERT INTO scheduler.leader AS present (epoch, replica, expires)
                  SELECT 1, ?, clock_timestamp() + make_interval(secs => ?) FROM turn
                  ON CONFLICT (single) DO UPDATE
                    SET epoch = present.epoch + 1,
                        replica = excluded.replica, expires = excluded.expires
                    WHERE present.replica = excluded.replica
                       OR present.expires < clock_timestamp()
                  RETURNING epoch
                  """)) {
            upsert.setString(1, replica);
            upsert.setDouble(2, seconds(term));
            try (ResultSet row = upsert.executeQuery()) {
              return row.next() ? Optional.of(new Epoch(row.getLong(1))) : Optional.empty();
            }
          }
        });
  }

  @Override
  public boolean renew(Epoch epoch, Duration term) {
    return transactions.run(
        "renew the lead",
        transaction -> {
          try (PreparedStatement update =
              transaction.prepare(
                  """
                  UPDATE scheduler.leader
                  SET expires = clock_timestamp() + make_interval(secs => ?) WHERE epoch = ?
                  """)) {
            update.setDouble(1, seconds(term));
            update.setLong(2, epoch.number());
            return update.executeUpdate() == 1;
          }
        });
  }

  @Override
  public void release(Epoch epoch) {
    transactions.run(
        "give the lead back",
        transaction -> {
          try (PreparedStatement update =
              transaction.prepare(
                  "UPDATE scheduler.leader SET expires = '-infinity' WHERE epoch = ?")) {
            update.setLong(1, epoch.number());
            return update.executeUpdate();
          }
        });
  }

  /** Whether {@code epoch} reigns, and does so until the transaction ends. */
  static boolean isPresent(Transaction transaction, Epoch epoch) throws SQLException {
    try (PreparedStatement select =
        transaction.prepare("SELECT FROM scheduler.leader WHERE epoch = ? FOR KEY SHARE")) {
      select.setLong(1, epoch.number());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  private static double seconds(Duration term) {
    return term.toMillis() / MILLIS_PER_SECOND;
  }
}
