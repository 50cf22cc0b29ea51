package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.DeviceUse;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database of an earlier version, with sessions in it, is brought up to the present one. */
class MigrationTest {
  private static final Instant ASSIGNED = Instant.parse("2026-01-01T12:00:01.000002Z");
  private static final SessionId QUEUED = new SessionId(new UUID(0, 1));
  private static final SessionId STARTING = new SessionId(new UUID(0, 2));
  private static final SessionId RUNNING = new SessionId(new UUID(0, 3));
  private static final SessionId STOPPING = new SessionId(new UUID(0, 4));
  private static final SessionId ENDED = new SessionId(new UUID(0, 5));
  private static final SessionId WITHOUT_DEVICE = new SessionId(new UUID(0, 6));

  private RealPostgres postgres;

  @BeforeEach
  void start() throws IOException {
    postgres = RealPostgres.startEmpty();
  }

  @AfterEach
  void stop() throws IOException {
    postgres.close();
  }

  private void migrateTo(String version) {
    Flyway.configure()
        .dataSource(postgres.database())
        .schemas(Schema.NAME)
        .defaultSchema(Schema.NAME)
        .resourceProvider(new MigrationFiles())
        .target(version)
        .load()
        .migrate();
  }

  /** As version 2 wrote it. */
  private void insert(SessionId id, int attempt, String state, Map<String, String> more)
      throws SQLException {
    String columns = more.isEmpty() ? "" : ", " + String.join(", ", more.keySet());
    String values = more.isEmpty() ? "" : ", " + String.join(", ", more.values());
    postgres.execute(
        """
        INSERT INTO scheduler.session (
          id, owner, request_id, request_digest, display_name, accelerator_type,
          accelerator_count, cpu_milli, memory_bytes, idle_timeout_nanos,
          maximum_lifetime_nanos, warning_nanos, created, updated, version,
          policy_generation, attempt, state%s)
        VALUES (
          '%s', 'ada', '%s', '00ff', '', 'nvidia-t4',
          2, 1000, 1, 5400000000000,
          43200000000000, 300000000000, '2026-01-01T12:00:00Z', '2026-01-01T12:00:09Z', 7,
          1, %d, '%s'%s)
        """
            .formatted(columns, id, id, attempt, state, values));
  }

  private static Map<String, String> held(String devices, Map<String, String> more) {
    var all =
        new TreeMap<>(
            Map.of(
                "node", "'node-1'",
                "devices", "'{" + devices + "}'",
                "assigned_at", "'" + ASSIGNED + "'"));
    all.putAll(more);
    return all;
  }

  private void book(SessionId id, String device) throws SQLException {
    postgres.execute(
        "INSERT INTO scheduler.device_booking (node, device, session_id) VALUES ('node-1', '%s', '%s')"
            .formatted(device, id));
  }

  private void fillVersionTwo() throws SQLException {
    insert(QUEUED, 0, "QUEUED", Map.of("queued_since", "'2026-01-01T12:00:00Z'"));
    insert(STARTING, 3, "STARTING", held("gpu-0,gpu-1", Map.of()));
    insert(
        RUNNING,
        1,
        "RUNNING",
        held(
            "gpu-2",
            Map.of(
                "claimed_by", "'uid'",
                "jupyter", "'http://127.0.0.1:8888/'",
                "ready_at", "'2026-01-01T12:00:05Z'")));
    insert(
        STOPPING,
        2,
        "STOPPING",
        held(
            "gpu-3",
            Map.of(
                "end_reason", "'IDLE_TIMEOUT'",
                "end_message", "''",
                "stopping_since", "'2026-01-01T12:00:08Z'")));
    insert(
        ENDED,
        1,
        "ENDED",
        Map.of(
            "end_reason", "'USER_REQUEST'",
            "end_message", "''",
            "ended_at", "'2026-01-01T12:00:08Z'",
            "volume_held", "false"));
    insert(WITHOUT_DEVICE, 1, "STARTING", held("", Map.of()));
    for (int device = 0; device < 2; device++) {
      book(STARTING, "gpu-" + device);
    }
    book(RUNNING, "gpu-2");
    book(STOPPING, "gpu-3");
  }

  @Test
  void whatWasBookedInVersionTwoIsInUseSinceItsPlacement() throws SQLException {
    migrateTo("2");
    fillVersionTwo();

    Schema.migrate(postgres.database());

    var store = new PostgresSessionStore(postgres.database());
    assertThat(store.unfinished()).hasSize(5);
    assertThat(store.uses(STARTING))
        .containsExactly(open(STARTING, 3, "gpu-0"), open(STARTING, 3, "gpu-1"));
    assertThat(store.uses(RUNNING)).containsExactly(open(RUNNING, 1, "gpu-2"));
    assertThat(store.uses(STOPPING)).containsExactly(open(STOPPING, 2, "gpu-3"));
    for (SessionId none : List.of(QUEUED, ENDED, WITHOUT_DEVICE)) {
      assertThat(store.uses(none)).isEmpty();
    }
  }

  @Test
  void whatWasAskedInVersionTwoIsAskedStillInTheDefaultQueue() throws SQLException {
    migrateTo("2");
    fillVersionTwo();

    Schema.migrate(postgres.database());

    var store = new PostgresSessionStore(postgres.database());
    Session starting = store.find(STARTING).orElseThrow();
    assertThat(starting.spec().queue()).isEqualTo("default");
    assertThat(starting.spec().priority()).isZero();
    assertThat(starting.spec().accelerator()).isEqualTo(new Accelerator("nvidia-t4", 2));
    assertThat(starting.state().held())
        .contains(new Assignment("node-1", "nvidia-t4", List.of("gpu-0", "gpu-1"), ASSIGNED));
    assertThat(store.find(ENDED).orElseThrow().state().held()).isEmpty();
    assertThat(
            postgres.number(
                "SELECT count(*) FROM scheduler.device_use"
                    + " WHERE type = 'nvidia-t4' AND milli = 1000"))
        .isEqualTo(4);
  }

  private static DeviceUse open(SessionId id, int attempt, String device) {
    return new DeviceUse(id, attempt, "node-1", device, 1000, ASSIGNED, Optional.empty());
  }

  @Test
  void whatWasBookedInVersionTwoStaysBookedAndIsFreedAsEver() throws SQLException {
    migrateTo("2");
    fillVersionTwo();

    Schema.migrate(postgres.database());

    var store = new PostgresSessionStore(postgres.database());
    Session other = Sessions.queued(ADA, ASSIGNED);
    store.insert(other, new RequestKey(new UUID(1, 1), "00ff"), 1000);
    Session placed =
        other
            .on(
                new SessionEvent.Placed(
                    new Assignment(
                        "node-1", "nvidia-t4", List.of("gpu-3"), ASSIGNED.plusSeconds(9))))
            .orElseThrow();
    assertThat(store.replace(placed)).isEqualTo(Replacement.DEVICE_TAKEN);

    Session stopping = store.find(STOPPING).orElseThrow();
    Session over =
        stopping
            .on(new SessionEvent.RuntimeGone(EndReason.IDLE_TIMEOUT, "", ASSIGNED))
            .orElseThrow();
    assertThat(store.replace(over)).isEqualTo(Replacement.REPLACED);
    assertThat(store.replace(placed)).isEqualTo(Replacement.REPLACED);
    assertThat(store.uses(STOPPING).getFirst().until()).isPresent();
  }

  @Test
  void nobodyLeadsAfterTheMigration() throws SQLException {
    migrateTo("2");
    Schema.migrate(postgres.database());

    assertThat(postgres.number("SELECT count(*) FROM scheduler.leader")).isZero();
  }
}
