package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.Changes;
import dev.notebay.scheduler.core.session.Changes.Mark;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.Sessions;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a database with open transactions can do to a reader by marks. */
class ChangeFeedTest {
  private static final int MANY = 100_000;

  private static RealPostgres postgres;
  private static PostgresSessionStore store;

  @BeforeAll
  static void start() throws IOException {
    postgres = RealPostgres.start();
    store = new PostgresSessionStore(postgres.database());
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.empty();
  }

  private static Session insertOne() {
    Session session = Sessions.queued(ADA, NOON);
    store.insert(session, Sessions.key(), MANY);
    return session;
  }

  private static void rename(Statement statement, SessionId id) throws SQLException {
    statement.execute("UPDATE scheduler.session SET version = version + 1 WHERE id = '" + id + "'");
  }

  private static List<SessionId> changedSince(Mark mark) {
    return store.changes(mark).sessions().stream().map(Session::id).toList();
  }

  @Test
  void aWriteIsNotMissedThatBeganBeforeTheMarkAndIsCommittedAfterIt() throws SQLException {
    Session slow = insertOne();
    Session quick = insertOne();
    Mark mark = store.changes(Mark.NONE).next();
    try (Connection writer = postgres.database().getConnection();
        Statement statement = writer.createStatement()) {
      writer.setAutoCommit(false);
      rename(statement, slow.id());
      store.replace(Sessions.in(quick, new Ended(EndReason.USER_REQUEST, "", NOON, false)));

      Changes between = store.changes(mark);
      assertThat(between.sessions()).extracting(Session::id).containsExactly(quick.id());
      writer.commit();

      assertThat(changedSince(between.next())).contains(slow.id());
      writer.setAutoCommit(true);
    }
  }

  /** Writers that keep their transactions open for a while, in every order, and a reader. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void nothingIsMissedInWhateverOrderTransactionsEnd(long seed) throws SQLException {
    var random = new SplittableRandom(seed);
    var reader = new UnfinishedSessions(store);
    List<Session> sessions = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      sessions.add(insertOne());
    }
    List<Connection> open = new ArrayList<>();
    try {
      for (int step = 0; step < 300; step++) {
        int what = random.nextInt(5);
        if (what < 2 && open.size() < sessions.size()) {
          Connection writer = postgres.database().getConnection();
          writer.setAutoCommit(false);
          open.add(writer);
          // Nobody else may hold the row, or this thread would wait for itself.
          try (Statement statement = writer.createStatement()) {
            statement.execute(
                """
                UPDATE scheduler.session SET version = version + 1 WHERE id = (
                  SELECT id FROM scheduler.session FOR UPDATE SKIP LOCKED LIMIT 1)
                """);
          }
        } else if (what < 4 && !open.isEmpty()) {
          end(open.remove(random.nextInt(open.size())), random.nextInt(4) > 0);
        } else {
          reader.refresh();
          assertThat(reader.copy())
              .as("seed=%s step=%s", seed, step)
              .containsExactlyInAnyOrderElementsOf(store.unfinished());
        }
      }
    } finally {
      for (Connection writer : open) {
        end(writer, false);
      }
    }
  }

  private static void end(Connection writer, boolean commit) throws SQLException {
    try (writer) {
      if (commit) {
        writer.commit();
      } else {
        writer.rollback();
      }
      writer.setAutoCommit(true);
    }
  }

  /** After a crash their numbers are given again. */
  @Test
  void aMarkDoesNotGoBeyondTransactionsThatLeftNoTrace() throws SQLException {
    insertOne();
    Mark mark = store.changes(Mark.NONE).next();

    for (int i = 0; i < 5; i++) {
      postgres.number("SELECT pg_current_xact_id()::text::bigint");
    }

    assertThat(store.changes(mark).next()).isEqualTo(mark);
    assertThat(postgres.number("SELECT pg_current_xact_id()::text::bigint"))
        .isGreaterThan(mark.position());
  }

  @Test
  void aMarkThatThisDatabaseHasNotReachedMeansNothing() throws SQLException {
    Session session = insertOne();
    Mark mark = store.changes(Mark.NONE).next();
    var ahead = new Mark(mark.history(), mark.position() + 1_000_000);

    Changes all = store.changes(ahead);

    assertThat(all.complete()).isTrue();
    assertThat(all.sessions()).containsExactly(session);
    assertThat(all.next()).isEqualTo(mark);
  }

  @Test
  void rowsWithNumbersOfAnotherClusterAreReadOnceAndAgainWhenTheyAreWritten() throws SQLException {
    Session restored = insertOne();
    postgres.execute(
        "UPDATE scheduler.session_change SET written = '9000000000' WHERE written <> '0'");

    Changes all = store.changes(Mark.NONE);
    assertThat(all.sessions()).containsExactly(restored);
    assertThat(changedSince(all.next())).isEmpty();

    Session ended = Sessions.in(restored, new Ended(EndReason.USER_REQUEST, "", NOON, false));
    store.replace(ended);
    assertThat(store.changes(all.next()).sessions()).containsExactly(ended);
  }

  /** The list stays as long as what is written between two calls, and finds the same. */
  @Test
  void whatIsForgottenLeavesTheListAndTheSessionsStay() throws SQLException {
    var reader = new UnfinishedSessions(store);
    reader.refresh();
    reader.forgetSeen();
    List<Session> sessions = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 10; i++) {
        sessions.add(insertOne());
      }
      reader.refresh();
      reader.forgetSeen();
      assertThat(reader.copy()).containsExactlyInAnyOrderElementsOf(sessions);
      assertThat(postgres.number("SELECT count(*) FROM scheduler.session_change"))
          .isLessThanOrEqualTo(2 * 10 + 1);
    }
  }

  @Test
  void aSecondOfManyChangesIsReadByIndexes() throws SQLException {
    for (int i = 0; i < 200; i++) {
      insertOne();
    }
    assertThat(plan(ChangeFeed.WRITTEN_SINCE.replace("?", "'12345'")))
        .contains("session_pkey")
        .contains("session_change_written")
        .doesNotContain("Seq Scan");
    assertThat(plan(ChangeFeed.FORGET.replaceFirst("\\?", "'12345'").replaceFirst("\\?", "''")))
        .contains("session_change_written")
        .doesNotContain("Seq Scan");
  }

  private static String plan(String sql) throws SQLException {
    try (Connection connection = postgres.database().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET LOCAL enable_seqscan = off");
      var text = new StringBuilder();
      try (ResultSet plan = statement.executeQuery("EXPLAIN " + sql)) {
        while (plan.next()) {
          text.append(plan.getString(1)).append('\n');
        }
      }
      connection.rollback();
      return text.toString();
    }
  }
}
