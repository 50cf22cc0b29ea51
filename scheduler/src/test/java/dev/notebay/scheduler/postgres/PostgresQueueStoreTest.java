package dev.notebay.scheduler.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.QueueStore;
import dev.notebay.scheduler.core.queue.QueueStoreContract;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresQueueStoreTest extends QueueStoreContract {
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
    postgres.execute("TRUNCATE scheduler.queue, scheduler.quota");
    postgres.execute("UPDATE scheduler.queue_version SET version = 0");
  }

  @Override
  protected QueueStore store() {
    return new PostgresQueueStore(postgres.database());
  }

  @Test
  void nobodyReadsHalfOfAChange() throws Exception {
    store().replace(Queues.of(List.of(QueueSpec.named("old"))), 0);
    var answer = new java.util.concurrent.CompletableFuture<QueueStore.Stored>();
    try (Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("UPDATE scheduler.queue SET name = 'new' WHERE name = 'old'");
      statement.execute("SELECT FROM scheduler.queue_version FOR UPDATE");
      Thread.startVirtualThread(() -> answer.complete(store().read()));
      postgres.awaitWaiting(1);
      statement.execute("UPDATE scheduler.queue_version SET version = 2");
      other.commit();
    }

    assertThat(answer.get().version()).isEqualTo(2);
    assertThat(answer.get().queues().find("new")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE scheduler.queue SET name = 'Research'",
        "UPDATE scheduler.queue SET cohort = '-'",
        "UPDATE scheduler.queue SET weight = 0",
        "UPDATE scheduler.queue SET weight = 'NaN'",
        "UPDATE scheduler.queue SET reclaim = 'SOME'",
        "UPDATE scheduler.queue SET preemption = 'ANY'",
        "UPDATE scheduler.queue SET minimum_run_nanos = -1",
        "UPDATE scheduler.queue SET notice_nanos = -1",
        "UPDATE scheduler.queue SET lowest_priority = highest_priority + 1",
        "UPDATE scheduler.queue SET user_sessions = 0",
        "UPDATE scheduler.queue SET user_devices_milli = 0",
        "UPDATE scheduler.queue SET budget_gpu_seconds = 1",
        "UPDATE scheduler.quota SET nominal_milli = -1",
        "UPDATE scheduler.quota SET lending_limit_milli = nominal_milli + 1",
        "UPDATE scheduler.quota SET borrowing_limit_milli = -1",
        "UPDATE scheduler.quota SET queue = 'nobody'",
        "INSERT INTO scheduler.queue_version (version) VALUES (9)"
      })
  void theTablesRefuseWhatNoQueueCanBe(String sql) {
    store().replace(Queues.of(List.of(QueueSpec.named("q", Quota.devices("nvidia-t4", 8)))), 0);

    assertThatThrownBy(() -> postgres.execute(sql)).isInstanceOf(SQLException.class);
  }
}
