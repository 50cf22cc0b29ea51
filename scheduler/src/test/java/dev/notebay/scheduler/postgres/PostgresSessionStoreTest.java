package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.SessionStoreContract;
import dev.notebay.scheduler.core.session.Sessions;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresSessionStoreTest extends SessionStoreContract {
  private static RealPostgres postgres;
  private static AgroalDataSource database;

  @BeforeAll
  static void start() throws IOException {
    postgres = RealPostgres.start();
    database = postgres.database();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.empty();
  }

  private static void execute(String sql) throws SQLException {
    postgres.execute(sql);
  }

  @Override
  protected SessionStore store() {
    return new PostgresSessionStore(database);
  }

  @Override
  protected LeaderLease lease() {
    return new PostgresLeaderLease(database);
  }

  private Session insertOne() {
    Session session = Sessions.queued(ADA, NOON);
    store().insert(session, Sessions.key(), 1000);
    return session;
  }

  @Test
  void migratesByEveryFileThatThereIs() throws IOException {
    Path directory = Path.of("src/main/resources", MigrationFiles.DIRECTORY);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrderElementsOf(MigrationFiles.NAMES);
    }
  }

  @Test
  void migratesAgainWithoutHarmAndBesideAnothersTables() throws SQLException {
    Session session = insertOne();

    Schema.migrate(database);

    assertThat(store().find(session.id())).contains(session);
    try (Connection connection = database.getConnection();
        ResultSet tables =
            connection.getMetaData().getTables(null, null, "flyway_schema_history", null)) {
      tables.next();
      assertThat(tables.getString("TABLE_SCHEM")).isEqualTo("scheduler");
      assertThat(tables.next()).isFalse();
    }
  }

  @Test
  void saysThatItCannotTellWhenTheDatabaseIsAway() throws IOException {
    int unused;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      unused = socket.getLocalPort();
    }
    try (var away = RealPostgres.pool(unused)) {
      var store = new PostgresSessionStore(away);
      Session session = Sessions.queued(ADA, NOON);

      assertThatThrownBy(() -> store.find(session.id())).isInstanceOf(StoreUnavailable.class);
      assertThatThrownBy(() -> store.insert(session, Sessions.key(), 1))
          .isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void givesUpAStatementThatTakesTooLong() throws SQLException {
    Session session = insertOne();
    var store = new PostgresSessionStore(database, Duration.ofSeconds(1));
    try (Connection other = database.getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE scheduler.session");

      assertThatThrownBy(() -> store.find(session.id())).isInstanceOf(StoreUnavailable.class);
      assertThatThrownBy(
              () ->
                  store.replace(
                      Sessions.in(session, new Ended(EndReason.USER_REQUEST, "", NOON, false))))
          .isInstanceOf(StoreUnavailable.class);
      other.rollback();
    }
    assertThat(store.find(session.id())).contains(session);
  }

  @Test
  void goesOnAfterItsConnectionsWereCut() throws SQLException {
    Session session = insertOne();
    execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
        """);

    assertThat(store().find(session.id())).contains(session);
  }

  @Test
  void callsAMistakeAMistake() {
    Session session = insertOne();

    assertThatThrownBy(() -> store().insert(session, Sessions.key(), 1000))
        .isInstanceOf(StoreException.class);
    var sameTwice =
        new Starting(
            new Assignment("node", "nvidia-t4", List.of("a", "a"), NOON), Optional.empty());
    assertThatThrownBy(() -> store().replace(Sessions.in(session, sameTwice)))
        .isInstanceOf(StoreException.class);
    assertThat(store().find(session.id())).contains(session);
  }

  @Test
  void cannotBeMadeToHoldWhatNoStateCarries() {
    Session session = insertOne();
    for (String nonsense :
        List.of(
            "state = 'RUNNING'",
            "state = 'PAUSED'",
            "node = 'node-1'",
            "ended_at = now()",
            "claimed_by = 'uid'",
            "held_back_until = now()",
            "version = 0",
            "updated = created - interval '1 s'",
            "queued_since = NULL",
            "accelerator_count = 0",
            "warning_nanos = idle_timeout_nanos")) {
      assertThatThrownBy(() -> execute("UPDATE scheduler.session SET " + nonsense))
          .as(nonsense)
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("violates");
    }
    assertThat(store().find(session.id())).contains(session);
  }

  @Test
  void doesAgainWhatADeadlockHasUndone() throws Exception {
    Session first = insertOne();
    Session second = insertOne();
    // Another transaction holds the second row, waits for the first, and has had to wait longest.
    try (Connection other = database.getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SET LOCAL deadlock_timeout = '10s'");
      statement.execute(
          "INSERT INTO scheduler.device_use (session_id, attempt, node, type, device, used_from) VALUES ('"
              + second.id()
              + "', 1, 'n', 'nvidia-t4', 'd', now())");
      Thread replacing =
          Thread.startVirtualThread(
              () ->
                  assertThat(
                          store()
                              .replace(
                                  Sessions.in(
                                      first,
                                      new Starting(
                                          new Assignment("n", "nvidia-t4", List.of("d"), NOON),
                                          Optional.empty()))))
                      .isEqualTo(Replacement.REPLACED));
      postgres.awaitWaiting(1);
      // Waits for the row of the first session, which the replacement has updated: a deadlock.
      statement.execute(
          "UPDATE scheduler.session SET display_name = display_name WHERE id = '"
              + first.id()
              + "'");
      other.rollback();
      replacing.join();
    }
    assertThat(store().find(first.id()).orElseThrow().version()).isEqualTo(2);
  }

  @Test
  void findsTheUnfinishedByAnIndexThatHoldsNoOthers() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET LOCAL enable_seqscan = off");
      statement.execute("SET LOCAL enable_bitmapscan = off");
      try (ResultSet plan =
          statement.executeQuery(
              """
              EXPLAIN SELECT * FROM scheduler.session
              WHERE unfinished ORDER BY created, id
              """)) {
        List<String> lines = new ArrayList<>();
        while (plan.next()) {
          lines.add(plan.getString(1));
        }
        assertThat(lines)
            .anyMatch(line -> line.contains("Index Scan using session_unfinished on session"));
      }
      connection.rollback();
    }
  }

  @Test
  void aSessionThatTheLedgerNamesCannotBeDeleted() throws SQLException {
    Session idle = insertOne();
    Session used = insertOne();
    var assignment = new Assignment("node-1", "nvidia-t4", List.of("gpu-0"), NOON);
    store().replace(Sessions.in(used, new Starting(assignment, Optional.empty())));

    execute("DELETE FROM scheduler.session WHERE id = '" + idle.id() + "'");

    assertThatThrownBy(
            () -> execute("DELETE FROM scheduler.session WHERE id = '" + used.id() + "'"))
        .hasMessageContaining("session " + used.id() + " has had devices");
  }
}
