package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.ledger.UsageQuery;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.DeviceShareContract;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresDeviceShareTest extends DeviceShareContract {
  private static final int THREADS = 8;
  private static final int DEVICES = 3;
  private static final int ROUNDS = 40;

  /** The most thousandths of one device that were in use at one time, as the ledger has it. */
  private static final String MOST =
      """
      SELECT coalesce(max(total), 0) FROM (
        SELECT sum(milli) OVER (PARTITION BY node, device ORDER BY at, milli) AS total
        FROM (
          SELECT node, device, used_from AS at, milli
          FROM scheduler.device_use WHERE session_id IS NOT NULL
          UNION ALL
          SELECT node, device, used_until, -milli
          FROM scheduler.device_use WHERE session_id IS NOT NULL AND used_until IS NOT NULL)
        AS change)
      AS use
      """;

  private static RealPostgres postgres;
  private AgroalDataSource another;

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
    another = postgres.another();
  }

  @AfterEach
  void closeTheOther() throws SQLException {
    another.close();
    postgres.execute("ALTER TABLE scheduler.device_use ENABLE TRIGGER USER");
  }

  @Override
  protected SessionStore store() {
    return new PostgresSessionStore(postgres.database());
  }

  @Override
  protected LeaderLease lease() {
    return new PostgresLeaderLease(postgres.database());
  }

  private Session placed(int milli, String device) {
    SessionSpec spec = Sessions.spec();
    Session queued =
        Session.queued(
            new SessionId(UUID.randomUUID()),
            ADA,
            new SessionSpec(
                "",
                new Accelerator(List.of("nvidia-t4"), 1, milli, 0),
                spec.compute(),
                spec.volume(),
                spec.policy()),
            NOON);
    store().insert(queued, Sessions.key(), Integer.MAX_VALUE);
    return Sessions.in(
        queued,
        new Starting(new Assignment("node", "nvidia-t4", List.of(device), NOON), Optional.empty()));
  }

  private static Session ended(Session session) {
    return Sessions.in(session, new Ended(EndReason.USER_REQUEST, "", NOON, false));
  }

  /** Shares and whole devices come and go through two replicas at once. */
  private void race(long seed) throws Exception {
    var seeds = new SplittableRandom(seed);
    List<SessionStore> replicas = List.of(store(), new PostgresSessionStore(another));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> runs = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        SplittableRandom random = seeds.split();
        SessionStore replica = replicas.get(thread % 2);
        runs.add(threads.submit(() -> comeAndGo(replica, random)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  private void comeAndGo(SessionStore replica, SplittableRandom random) {
    List<Session> held = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      int milli = random.nextInt(5) == 0 ? 1000 : random.nextInt(1, 600);
      Session next = placed(milli, "gpu-" + random.nextInt(DEVICES));
      if (replica.replace(next) == Replacement.REPLACED) {
        held.add(next);
      }
      if (held.size() > 1 || random.nextBoolean()) {
        held.forEach(session -> replica.replace(ended(session)));
        held.clear();
      }
    }
    held.forEach(session -> replica.replace(ended(session)));
  }

  @Test
  void noDeviceIsGivenBeyondAThousandThousandthsAtAnyTime() throws Exception {
    race(1);

    assertThat(postgres.number(MOST)).isBetween(900L, 1000L);
    assertThat(
            postgres.number("SELECT count(*) FROM scheduler.device_use WHERE used_until IS NULL"))
        .as("all is free in the end, also what held the devices for those who shared them")
        .isZero();
  }

  @Test
  void withoutTheTriggersTheSameRaceGivesMoreThanThereIs() throws Exception {
    postgres.execute("ALTER TABLE scheduler.device_use DISABLE TRIGGER USER");

    race(1);

    assertThat(postgres.number(MOST)).isGreaterThan(1000);
  }

  @Test
  void theLedgerCountsThousandths() {
    store().replace(placed(250, "gpu"));
    store().replace(placed(300, "gpu"));
    store().replace(placed(1000, "another"));

    assertThat(
            new PostgresLedger(postgres.database())
                .read(
                    UsageQuery.of(
                        ADA, SessionSpec.DEFAULT_QUEUE, NOON, store().now().plusSeconds(60)))
                .total()
                .rateMilli())
        .isEqualTo(1550);
  }

  @Test
  void aShareWaitsForTheTransactionThatFreesWhatItNeeds() throws Exception {
    Session first = placed(600, "gpu");
    Session second = placed(600, "gpu");
    assertThat(store().replace(first)).isEqualTo(Replacement.REPLACED);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(
          "UPDATE scheduler.device_use SET used_until = clock_timestamp() WHERE milli < 1000");
      var booking = CompletableFuture.supplyAsync(() -> store().replace(second), threads);
      postgres.awaitWaiting(1);
      other.commit();
      assertThat(booking.join()).isEqualTo(Replacement.REPLACED);
    }
    assertThat(postgres.number(MOST)).isEqualTo(600);
  }

  @Test
  void ofTwoTransactionsThatTogetherExceedADeviceTheSecondIsRefused() throws Exception {
    Session first = placed(600, "gpu");
    Session second = placed(600, "gpu");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection other = postgres.database().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(inserted(first, 600));
      var booking = CompletableFuture.supplyAsync(() -> store().replace(second), threads);
      postgres.awaitWaiting(1);
      other.commit();
      assertThat(booking.join()).isEqualTo(Replacement.DEVICE_TAKEN);
    }
    assertThat(store().uses(second.id())).isEmpty();
  }

  private static String inserted(Session session, int milli) {
    return """
        INSERT INTO scheduler.device_use (session_id, attempt, node, type, device, milli, used_from)
        VALUES ('%s', 1, 'node', 'nvidia-t4', 'gpu', %d, now())
        """
        .formatted(session.id(), milli);
  }

  @Test
  void whoeverWritesShareByShareTheTableTakesNoMoreThanTheDeviceHas() throws SQLException {
    Session session = placed(500, "gpu");
    postgres.execute(inserted(session, 500));
    postgres.execute(inserted(session, 499));
    postgres.execute(inserted(session, 2));

    assertThat(postgres.number(MOST)).isEqualTo(999);
    assertThatThrownBy(
            () ->
                postgres.execute(
                    "UPDATE scheduler.device_use SET shared_milli = 1001 WHERE session_id IS NULL"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("shared_milli");
  }
}
