package dev.notebay.reliability.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.reliability.processes.Outside.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The checks are checked: what a broken control plane would do is done by hand, and must be seen.
 */
class CheckersIT {
  private static final Duration WORK = Duration.ofMillis(1500);

  /** For what is seen only when all is at rest, on the slowest machine. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @TempDir Path directory = Path.of("");
  private Trials trials;

  @BeforeEach
  void start() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    trials = new Trials(directory.resolve("home"), distribution, 1);
    trials.run("nothing is done", () -> Poll.pause(WORK));
  }

  @AfterEach
  void stop() throws Exception {
    trials.close();
  }

  @Test
  void seeWhatGoesWrong() throws Exception {
    // One that has ended: nobody but this test changes it any more.
    Row ended = someEnded();
    see("undone", () -> sql(toVersion(1, ended)));
    sql(toVersion(ended.version(), ended));
    see(
        "ended though nobody asked",
        () -> RuntimeSeen.all(trials.installation().home()).forEach(RuntimeSeen::kill));
    see(
        "lost: session",
        () ->
            sql(
                "DELETE FROM scheduler.device_use",
                "DELETE FROM storage.mount",
                "DELETE FROM scheduler.session WHERE state = 'ENDED'"));
    Path orphan =
        Files.createDirectory(
            trials.installation().home().resolve("runtimes/s" + UUID.randomUUID() + "-1"));
    Process process = new ProcessBuilder("sleep", "60").directory(orphan.toFile()).start();
    see("orphan", () -> {});
    process.destroyForcibly();
    see(
        "device booked beyond what there is",
        () ->
            sql(
                "DROP INDEX scheduler.device_in_use",
                // Of sessions that nobody can end meanwhile, as there are none.
                "INSERT INTO scheduler.device_use (session_id, attempt, node, type, device, used_from)"
                    + " SELECT gen_random_uuid(), 1, 'node', 'nvidia-t4', 'device', now()"
                    + " FROM generate_series(1, 2)"));
  }

  /** One that has been read by its owner since it was changed last. */
  private Row someEnded() throws Exception {
    List<Row> before = List.of();
    while (true) {
      List<Row> ended =
          Outside.look(trials.installation()).rows().stream()
              .filter(row -> row.state().equals("ENDED"))
              .toList();
      Optional<Row> same = ended.stream().filter(before::contains).findFirst();
      if (same.isPresent()) {
        return same.get();
      }
      before = ended;
      trials.run("nothing is done, again", () -> Poll.pause(WORK));
    }
  }

  private static String toVersion(long version, Row row) {
    return "UPDATE scheduler.session SET version = %d WHERE id = '%s'".formatted(version, row.id());
  }

  private void see(String what, Trials.Harm harm) throws Exception {
    harm.run();
    assertThatThrownBy(() -> trials.run("", LIMIT, () -> {})).hasMessageContaining(what);
  }

  private void sql(String... statements) throws Exception {
    try (Connection connection = trials.installation().database().connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        assertThat(statement.executeUpdate(each)).as(each).isGreaterThanOrEqualTo(0);
      }
    }
  }
}
