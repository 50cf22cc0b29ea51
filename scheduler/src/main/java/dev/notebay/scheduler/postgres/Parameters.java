package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parameters of a statement, bound from left to right. */
final class Parameters {
  private final Transaction transaction;
  private final PreparedStatement statement;
  private int bound;

  Parameters(Transaction transaction, PreparedStatement statement) {
    this.transaction = transaction;
    this.statement = statement;
  }

  /**
   * @param value an instant is cut down to what is kept of it
   */
  void bind(@Nullable Object value) throws SQLException {
    statement.setObject(
        ++bound,
        value instanceof Instant at ? SessionStore.kept(at).atOffset(ZoneOffset.UTC) : value);
  }

  /**
   * Rows as one array for each column, so that one statement writes any number of them: what a
   * statement costs before its first row, the table's checks above all, is paid once.
   *
   * @param types of the columns
   * @param rows the values of each, in the order of {@code types}
   */
  void bindRows(List<String> types, List<? extends List<? extends @Nullable Object>> rows)
      throws SQLException {
    for (int column = 0; column < types.size(); column++) {
      @Nullable Object[] values = new @Nullable Object[rows.size()];
      for (int row = 0; row < values.length; row++) {
        values[row] = rows.get(row).get(column);
      }
      bind(transaction.arrayOf(types.get(column), values));
    }
  }
}
