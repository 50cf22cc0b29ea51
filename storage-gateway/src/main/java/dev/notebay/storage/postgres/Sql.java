package dev.notebay.storage.postgres;

import dev.notebay.storage.core.volume.StorageException.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * Runs work in one transaction, and tells a database that is away (try again) from a statement that
 * is wrong (our fault).
 */
public final class Sql {
  private static final String SERIALIZATION_FAILURE = "40001";
  private static final String DEADLOCK = "40P01";
  private static final int TRIES = 3;

  private final DataSource dataSource;
  private final BooleanSupplier ready;

  /**
   * @param ready whether the schema is what this program needs
   */
  public Sql(DataSource dataSource, BooleanSupplier ready) {
    this.dataSource = dataSource;
    this.ready = ready;
  }

  /** Work with a connection. */
  @FunctionalInterface
  interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  /** Commits what {@code work} did, or nothing of it if it throws. */
  <T> T transaction(Work<T> work) {
    for (int tried = 1; ; tried++) {
      try {
        return once(work);
      } catch (SQLException failure) {
        boolean again =
            DEADLOCK.equals(failure.getSQLState())
                || SERIALIZATION_FAILURE.equals(failure.getSQLState());
        if (!again || tried == TRIES) {
          throw translated(failure);
        }
      }
    }
  }

  private <T> T once(Work<T> work) throws SQLException {
    if (!ready.getAsBoolean()) {
      throw new DatabaseUnavailable("its schema has not been brought up to date yet", null);
    }
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      T result;
      try {
        result = work.in(connection);
        connection.commit();
      } catch (SQLException | RuntimeException failure) {
        rollBack(connection, failure);
        throw failure;
      }
      return result;
    }
  }

  private Connection connect() {
    try {
      return dataSource.getConnection();
    } catch (SQLException failure) {
      throw new DatabaseUnavailable("no connection", failure);
    }
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException failure) {
      cause.addSuppressed(failure);
    }
  }

  /**
   * A connection that broke, a server that stops, is full, too slow or read-only: not our fault.
   */
  private static RuntimeException translated(SQLException failure) {
    String state = failure.getSQLState() == null ? "" : failure.getSQLState();
    boolean away =
        failure instanceof SQLTransientException
            || state.startsWith("08")
            || state.startsWith("53")
            || state.startsWith("57")
            || state.startsWith("40")
            || state.equals("55P03")
            || state.equals("25006")
            || state.startsWith("58");
    return away
        ? new DatabaseUnavailable("it broke off with SQL state " + state, failure)
        : new IllegalStateException("statement failed with SQL state " + state, failure);
  }
}
