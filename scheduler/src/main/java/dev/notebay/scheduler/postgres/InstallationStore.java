package dev.notebay.scheduler.postgres;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/** The mark by which a database is known again. */
public final class InstallationStore {
  private final Transactions transactions;

  public InstallationStore(DataSource dataSource) {
    this.transactions = new Transactions(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  /**
   * The database's mark; one that has none is given {@code fresh}.
   *
   * @param beforeMarking may throw to keep a database without a mark as it is
   */
  public UUID idOrElse(UUID fresh, Runnable beforeMarking) {
    Optional<UUID> present = transactions.run("read the installation", InstallationStore::read);
    if (present.isPresent()) {
      return present.get();
    }
    beforeMarking.run();
    return transactions.run(
        "mark the database",
        transaction -> {
          try (PreparedStatement insert =
              transaction.prepare(
                  """
                  INSERT INTO scheduler.installation (id) VALUES (?)
                  ON CONFLICT DO NOTHING
                  """)) {
            insert.setObject(1, fresh);
            insert.executeUpdate();
          }
          return read(transaction).orElse(fresh);
        });
  }

  private static Optional<UUID> read(Transactions.Transaction transaction) throws SQLException {
    try (PreparedStatement select = transaction.prepare("SELECT id FROM scheduler.installation");
        ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row.getObject("id", UUID.class)) : Optional.empty();
    }
  }
}
