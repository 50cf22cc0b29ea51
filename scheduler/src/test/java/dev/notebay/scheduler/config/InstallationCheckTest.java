package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.postgres.InstallationStore;
import dev.notebay.scheduler.postgres.RealPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationCheckTest {
  private static RealPostgres postgres;

  @TempDir private Path home;
  @TempDir private Path other;

  @BeforeAll
  static void start() throws IOException {
    postgres = RealPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void forget() throws SQLException {
    postgres.execute("DELETE FROM scheduler.installation");
  }

  private static InstallationCheck check(Path directory) {
    return new InstallationCheck(directory, new InstallationStore(postgres.database()));
  }

  private static String idIn(Path directory) throws IOException {
    return Files.readString(directory.resolve("run/installation-id"));
  }

  @Test
  void manySchedulersThatStartAtOnceOnOneDirectoryAgree() throws Exception {
    int schedulers = 8;
    var together = new CyclicBarrier(schedulers);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> starts = new ArrayList<>();
      for (int i = 0; i < schedulers; i++) {
        starts.add(
            threads.submit(
                () -> {
                  together.await();
                  check(home).run();
                  return null;
                }));
      }
      for (Future<?> start : starts) {
        start.get();
      }
    }
    String agreed = idIn(home);
    check(home).run();
    assertThat(idIn(home)).isEqualTo(agreed);
    try (var left = Files.list(home.resolve("run"))) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void aSecondMachineWithADirectoryOfItsOwnJoins() throws IOException {
    check(home).run();
    check(other).run();

    assertThat(idIn(other)).isEqualTo(idIn(home));
  }

  @Test
  void runtimesOfAnotherDatabaseAreKept() throws Exception {
    check(home).run();
    Files.createDirectories(home.resolve("runtimes/s0-1"));
    postgres.execute("DELETE FROM scheduler.installation");
    check(other).run();

    assertThatThrownBy(() -> check(home).run())
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("does not know the 1 runtimes");
  }
}
