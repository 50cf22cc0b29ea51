package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.DeviceLedgerContract;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresDeviceLedgerTest extends DeviceLedgerContract {
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

  /** As if just read as queued, and now given the device. */
  private Session placed() {
    Session queued = Sessions.queued(ADA, NOON);
    store().insert(queued, Sessions.key(), 1000);
    return Sessions.in(
        queued,
        new Starting(new Assignment("node", "nvidia-t4", List.of("gpu"), NOON), Optional.empty()));
  }

  @Test
  void aUseThatHasToWaitForTheOneBeforeBeginsAfterThatHasEnded() throws Exception {
    Session first = placed();
    Session second = placed();
    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("UPDATE scheduler.device_use SET attempt = attempt");
      var booking = CompletableFuture.supplyAsync(() -> store().replace(second), threads);
      postgres.awaitWaiting(1);
      statement.execute("UPDATE scheduler.device_use SET used_until = clock_timestamp()");
      other.commit();
      assertThat(booking.join()).isEqualTo(Replacement.REPLACED);
    }
    Instant ended = store().uses(first.id()).getFirst().until().orElseThrow();
    assertThat(store().uses(second.id()).getFirst().from()).isAfterOrEqualTo(ended);
  }

  @Test
  void aUseEndsNotBeforeItBeganAlsoWhenTheClockHasBeenSetBack() throws SQLException {
    Session session = placed();
    store().replace(session);
    postgres.execute("UPDATE scheduler.device_use SET used_from = now() + interval '1 h'");

    store()
        .replace(
            Sessions.in(
                session,
                new Starting(new Assignment("n", "none", List.of(), NOON), Optional.empty())));

    var use = store().uses(session.id()).getFirst();
    assertThat(use.until()).contains(use.from());
  }

  @Test
  void theTableTakesNoUseThatEndsBeforeItBegan() {
    store().replace(placed());

    assertThatThrownBy(
            () -> postgres.execute("UPDATE scheduler.device_use SET used_until = '-infinity'"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("violates check constraint");
  }

  @Test
  void theTableTakesNoSecondUseOfADeviceInUse() {
    store().replace(placed());

    assertThatThrownBy(
            () ->
                postgres.execute(
                    """
                    INSERT INTO scheduler.device_use (session_id, attempt, node, type, device, used_from)
                    SELECT session_id, attempt, node, type, device, now() FROM scheduler.device_use
                    """))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("device_in_use");
  }
}
