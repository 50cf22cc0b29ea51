package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.ledger.Ledger;
import dev.notebay.scheduler.core.ledger.Usage;
import dev.notebay.scheduler.core.ledger.UsageQuery;
import dev.notebay.scheduler.core.ledger.UsageQuery.Dimension;
import dev.notebay.scheduler.core.queue.Use;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Sums over {@code scheduler.device_use}, in one statement and so at one time.
 *
 * <p>PostgreSQL gives seconds as exact decimals, to the microsecond; nothing is rounded on the way.
 */
public final class PostgresLedger implements Ledger {
  private static final int MILLI_DIGITS = 3;
  private static final int NANO_DIGITS = 9;

  private final Transactions transactions;

  public PostgresLedger(DataSource dataSource) {
    this.transactions = new Transactions(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  @Override
  public Report read(UsageQuery query) {
    return transactions.read(
        "read the ledger",
        transaction -> {
          try (PreparedStatement select =
              transaction.prepare(
                  """
                  WITH present AS MATERIALIZED (SELECT clock_timestamp() AS at),
                  asked AS (
                    SELECT
                      CASE WHEN ? THEN owner END AS owner,
                      CASE WHEN ? THEN queue END AS queue,
                      CASE WHEN ? THEN session_id END AS session_id,
                      CASE WHEN ? THEN type END AS type,
                      extract(epoch FROM
                        least(coalesce(used_until, present.at), ?) - greatest(used_from, ?))
                        * milli AS milli_seconds,
                      CASE WHEN used_until IS NULL THEN milli ELSE 0 END AS rate_milli
                    FROM present, scheduler.device_use AS use
                      JOIN scheduler.session ON session.id = use.session_id
                    WHERE used_from < ? AND (used_until IS NULL OR used_until > ?)
                      AND (?::text IS NULL OR owner = ?)
                      AND (?::text IS NULL OR queue = ?)
                      AND (?::uuid IS NULL OR session_id = ?)
                      AND (?::text IS NULL OR type = ?)
                  )
                  SELECT owner, queue, session_id, type,
                    sum(greatest(milli_seconds, 0)) AS milli_seconds,
                    sum(rate_milli) AS rate_milli,
                    grouping(owner, queue, session_id, type) <> 0 AS is_total
                  FROM asked
                  GROUP BY GROUPING SETS ((owner, queue, session_id, type), ())
                  ORDER BY is_total DESC, milli_seconds DESC, owner, queue, session_id, type
                  LIMIT ? + 1
                  """)) {
            bind(new Parameters(transaction, select), query);
            try (ResultSet row = select.executeQuery()) {
              return report(row, query);
            }
          }
        });
  }

  @Override
  public List<Use> ended(Instant since) {
    return transactions.read(
        "read what was used",
        transaction -> {
          try (PreparedStatement select =
              transaction.prepare(
                  """
                  SELECT queue, owner, milli, used_from, used_until
                  FROM scheduler.device_use AS use
                    JOIN scheduler.session ON session.id = use.session_id
                  WHERE used_until > ?
                  ORDER BY use.id
                  """)) {
            new Parameters(transaction, select).bind(since);
            List<Use> uses = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                uses.add(
                    new Use(
                        row.getString("queue"),
                        new Owner(row.getString("owner")),
                        row.getLong("milli"),
                        row.getObject("used_from", OffsetDateTime.class).toInstant(),
                        row.getObject("used_until", OffsetDateTime.class).toInstant()));
              }
            }
            return uses;
          }
        });
  }

  private static void bind(Parameters parameters, UsageQuery query) throws SQLException {
    for (Dimension dimension :
        List.of(Dimension.OWNER, Dimension.QUEUE, Dimension.SESSION, Dimension.ACCELERATOR)) {
      parameters.bind(query.by().contains(dimension));
    }
    parameters.bind(query.until());
    parameters.bind(query.from());
    parameters.bind(query.until());
    parameters.bind(query.from());
    bindTwice(parameters, query.owner().map(Owner::subject).map(SessionStore::kept));
    bindTwice(parameters, query.queue());
    bindTwice(parameters, query.session().map(SessionId::value));
    bindTwice(parameters, query.accelerator());
    parameters.bind(query.limit());
  }

  private static void bindTwice(Parameters parameters, Optional<?> filter) throws SQLException {
    parameters.bind(filter.orElse(null));
    parameters.bind(filter.orElse(null));
  }

  private static Report report(ResultSet row, UsageQuery query) throws SQLException {
    Usage total = Usage.NONE;
    List<Usage> rows = new ArrayList<>();
    while (row.next()) {
      Usage usage = usage(row);
      if (row.getBoolean("is_total")) {
        total = usage;
      } else if (!query.by().isEmpty()) {
        rows.add(usage);
      }
    }
    return new Report(rows, total);
  }

  private static Usage usage(ResultSet row) throws SQLException {
    return new Usage(
        Optional.ofNullable(row.getString("owner")).map(Owner::new),
        Optional.ofNullable(row.getString("queue")),
        Optional.ofNullable(row.getObject("session_id", UUID.class)).map(SessionId::new),
        Optional.ofNullable(row.getString("type")),
        seconds(row.getBigDecimal("milli_seconds")),
        row.getLong("rate_milli"));
  }

  /** The sum over no rows is null. */
  private static Duration seconds(@org.jspecify.annotations.Nullable BigDecimal milliSeconds) {
    if (milliSeconds == null) {
      return Duration.ZERO;
    }
    BigDecimal seconds = milliSeconds.movePointLeft(MILLI_DIGITS);
    long whole = seconds.longValue();
    long nanos =
        seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(NANO_DIGITS).longValueExact();
    return Duration.ofSeconds(whole, nanos);
  }
}
