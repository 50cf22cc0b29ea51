package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * Runs a piece of work in one READ COMMITTED transaction and tells the failures of the database
 * apart.
 *
 * <ul>
 *   <li>The database itself undid the work for another transaction's sake: it is done again, a few
 *       times.
 *   <li>The database is away, too slow, or was lost before it could answer: {@link
 *       StoreUnavailable}; whether the work was done cannot be told.
 *   <li>Anything else is a mistake of this program: {@link StoreException}.
 * </ul>
 */
final class Transactions {
  /** How long one statement may take before the database is asked to give it up. */
  static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(4);

  private static final int ATTEMPTS = 5;

  /** Serialization failure and deadlock. */
  private static final Set<String> UNDONE = Set.of("40001", "40P01");

  /**
   * Connection lost, out of resources, lock or statement timeout, shutting down, I/O error, and a
   * transaction that ended otherwise than it was told to; read-only is what a replica answers that
   * has just stopped being the primary.
   */
  private static final Set<String> AWAY = Set.of("08", "40", "53", "57", "58");

  private static final Set<String> AWAY_EXACTLY = Set.of("55P03", "25006", "25P03", "25P04");

  private final DataSource dataSource;
  private final Duration statementTimeout;

  Transactions(DataSource dataSource, Duration statementTimeout) {
    this.dataSource = dataSource;
    this.statementTimeout = statementTimeout;
  }

  /** Work on an open transaction; it is committed unless it throws or asks for a rollback. */
  interface Work<T> {
    T in(Transaction transaction) throws SQLException;
  }

  /** The transaction that a piece of work runs in. */
  static final class Transaction {
    private final Connection connection;
    private final Duration statementTimeout;
    private boolean undo;

    private Transaction(Connection connection, Duration statementTimeout) {
      this.connection = connection;
      this.statementTimeout = statementTimeout;
    }

    PreparedStatement prepare(String sql) throws SQLException {
      PreparedStatement statement = connection.prepareStatement(sql);
      statement.setQueryTimeout(Math.toIntExact(statementTimeout.toSeconds()));
      return statement;
    }

    /**
     * For a statement that meets tables with rows of its own: what is best depends on how large
     * they are then. A plan that is kept was made when they were small, and reads them whole.
     */
    PreparedStatement preparePlannedAnew(String sql) throws SQLException {
      PreparedStatement statement = prepare(sql);
      statement.unwrap(PGStatement.class).setPrepareThreshold(0);
      return statement;
    }

    Array arrayOf(String type, @Nullable Object... elements) throws SQLException {
      return connection.createArrayOf(type, elements);
    }

    /** Nothing of the work shall stay; what it answers is still given to the caller. */
    void undo() {
      undo = true;
    }
  }

  /** Runs work of one statement that only reads: it needs no transaction around it. */
  <T> T read(String what, Work<T> work) {
    try (Connection connection = connect(what)) {
      return work.in(new Transaction(connection, statementTimeout));
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  <T> T run(String what, Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = connect(what)) {
        return once(connection, work);
      } catch (SQLException e) {
        if (attempt == ATTEMPTS || e.getSQLState() == null || !UNDONE.contains(e.getSQLState())) {
          throw failure(what, e);
        }
      }
    }
  }

  private Connection connect(String what) {
    try {
      return dataSource.getConnection();
    } catch (SQLException e) {
      // Whatever keeps us from connecting, the work was not done and may be done later.
      throw new StoreUnavailable("cannot " + what + ": the database does not answer", e);
    }
  }

  private <T> T once(Connection connection, Work<T> work) throws SQLException {
    connection.setAutoCommit(false);
    try {
      var transaction = new Transaction(connection, statementTimeout);
      T result = work.in(transaction);
      if (transaction.undo) {
        connection.rollback();
      } else {
        connection.commit();
      }
      return result;
    } catch (SQLException | RuntimeException e) {
      rollBack(connection, e);
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(true);
      }
    }
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private static RuntimeException failure(String what, SQLException e) {
    return isAway(e)
        ? new StoreUnavailable("cannot " + what + ": the database does not answer", e)
        : new StoreException("cannot " + what, e);
  }

  private static boolean isAway(SQLException e) {
    String state = e.getSQLState();
    if (state == null || state.length() < 2) {
      return e instanceof SQLTransientException
          || e instanceof SQLRecoverableException
          || e instanceof SQLNonTransientConnectionException;
    }
    return AWAY.contains(state.substring(0, 2)) || AWAY_EXACTLY.contains(state);
  }
}
