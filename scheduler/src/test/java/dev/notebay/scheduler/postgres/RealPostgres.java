package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.database.DatabasePool;
import io.agroal.api.AgroalDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A PostgreSQL for one test class, with the scheduler's tables and the scheduler's own pool. */
public final class RealPostgres implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final EmbeddedPostgres postgres;
  private final AgroalDataSource database;

  private RealPostgres(EmbeddedPostgres postgres) {
    this.postgres = postgres;
    this.database = pool(postgres.getPort());
  }

  public static RealPostgres start() throws IOException {
    RealPostgres real = startEmpty();
    Schema.migrate(real.database);
    return real;
  }

  /** Without any table. */
  public static RealPostgres startEmpty() throws IOException {
    return new RealPostgres(EmbeddedPostgres.start());
  }

  /** The pool that the scheduler would have on a database at {@code port}. */
  public static AgroalDataSource pool(int port) {
    return DatabasePool.of(
        Map.of(
            "NOTEBAY_DB_URL",
            "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
            "NOTEBAY_DB_USER",
            "postgres"),
        Path.of("/nowhere"));
  }

  public AgroalDataSource database() {
    return database;
  }

  /** A pool beside {@link #database()}, as another replica would have. */
  public AgroalDataSource another() {
    return pool(postgres.getPort());
  }

  public void empty() throws SQLException {
    execute(
        """
        TRUNCATE scheduler.session, scheduler.session_change, scheduler.device_use, scheduler.leader;
        INSERT INTO scheduler.session_change VALUES ('0', '00000000-0000-0000-0000-000000000000')
        """);
  }

  public void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The one number that a query gives. */
  public long number(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The first column of what a query gives. */
  public List<String> strings(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> strings = new ArrayList<>();
      while (rows.next()) {
        strings.add(rows.getString(1));
      }
      return strings;
    }
  }

  /** Returns once so many transactions wait for a lock. */
  public void awaitWaiting(int transactions) throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (number("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") < transactions) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("nobody waits for a lock");
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @Override
  public void close() throws IOException {
    database.close();
    postgres.close();
  }
}
