package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.LeaderLeaseContract;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresLeaderLeaseTest extends LeaderLeaseContract {
  private static final Duration HOUR = Duration.ofHours(1);

  private static RealPostgres postgres;

  @BeforeAll
  static void start() throws IOException {
    postgres = RealPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.empty();
  }

  @Override
  protected SessionStore store() {
    return new PostgresSessionStore(postgres.database());
  }

  @Override
  protected LeaderLease lease() {
    return new PostgresLeaderLease(postgres.database());
  }

  /** A session of version 2 whose version 1 is stored. */
  private Session ended() {
    Session queued = Sessions.queued(ADA, NOON);
    store().insert(queued, Sessions.key(), 1000);
    return Sessions.in(queued, new Ended(EndReason.USER_REQUEST, "", NOON, false));
  }

  @Test
  void whoeverAsksWhileTheFirstRowIsMadeIsAnswered() throws Exception {
    for (int round = 0; round < 100; round++) {
      postgres.empty();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Optional<Epoch>>> answers = new ArrayList<>();
        for (int replica = 0; replica < 8; replica++) {
          String name = "replica-" + replica;
          answers.add(threads.submit(() -> lease().acquire(name, HOUR)));
        }
        int leaders = 0;
        for (Future<Optional<Epoch>> answer : answers) {
          leaders += answer.get().isPresent() ? 1 : 0;
        }
        assertThat(leaders).as("round %d", round).isEqualTo(1);
      }
    }
  }

  @Test
  void noReignEndsBetweenTheFencesLookAndTheWriteButItIsRenewed() throws Exception {
    Epoch reign = lease().acquire("a", Duration.ZERO).orElseThrow();
    Session next = ended();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT FROM scheduler.session FOR UPDATE");
      var write = CompletableFuture.supplyAsync(() -> store().replace(next, reign), threads);
      postgres.awaitWaiting(1);

      // The write has looked and waits for the session's row; a renewal does not wait for it.
      assertThat(lease().renew(reign, Duration.ZERO)).isTrue();
      var deposed = CompletableFuture.supplyAsync(() -> lease().acquire("b", HOUR), threads);
      postgres.awaitWaiting(2);
      assertThat(write).isNotDone();
      assertThat(deposed).isNotDone();

      other.rollback();
      assertThat(write.join()).isEqualTo(Replacement.REPLACED);
      assertThat(deposed.join().orElseThrow()).isGreaterThan(reign);
    }
  }

  @Test
  void aWriteThatMeetsTheEndOfItsReignWaitsAndIsRefused() throws Exception {
    Epoch reign = lease().acquire("a", HOUR).orElseThrow();
    Session next = ended();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("UPDATE scheduler.leader SET epoch = epoch + 1, replica = 'b'");
      var write = CompletableFuture.supplyAsync(() -> store().replace(next, reign), threads);
      postgres.awaitWaiting(1);
      other.commit();

      assertThat(write.join()).isEqualTo(Replacement.FENCED);
    }
    assertThat(store().find(next.id()).orElseThrow().version()).isEqualTo(1);
  }

  @Test
  void twoWritersOfOneReignDoNotWaitForEachOther() throws Exception {
    Epoch reign = lease().acquire("a", HOUR).orElseThrow();
    Session first = ended();
    Session second = ended();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT FROM scheduler.session WHERE id = '" + first.id() + "' FOR UPDATE");
      var write = CompletableFuture.supplyAsync(() -> store().replace(first, reign), threads);
      postgres.awaitWaiting(1);

      assertThat(store().replace(second, reign)).isEqualTo(Replacement.REPLACED);
      other.rollback();
      assertThat(write.join()).isEqualTo(Replacement.REPLACED);
    }
  }

  @Test
  void theLeaseIsTimedByTheDatabase() throws SQLException {
    Epoch reign = lease().acquire("a", HOUR).orElseThrow();
    assertThat(
            postgres.number(
                "SELECT count(*) FROM scheduler.leader"
                    + " WHERE expires BETWEEN now() + interval '59 min' AND now() + interval '1 h'"))
        .isEqualTo(1);

    postgres.execute("UPDATE scheduler.leader SET expires = now() - interval '1 ms'");
    assertThat(lease().acquire("b", HOUR)).isNotEqualTo(Optional.empty());
    assertThat(lease().renew(reign, HOUR)).isFalse();
  }
}
