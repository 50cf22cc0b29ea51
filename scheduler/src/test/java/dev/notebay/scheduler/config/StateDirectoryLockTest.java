package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Between processes: within one, Java's file locks exclude each other in another way. */
class StateDirectoryLockTest {
  @TempDir private Path home;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
  }

  /** What a process says that takes the lock, and keeps it until it is killed. */
  private String take(boolean shared) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StateDirectoryLockProgram.class.getName(),
                home.toString(),
                Boolean.toString(shared))
            .redirectErrorStream(true)
            .start();
    processes.add(process);
    BufferedReader output = process.inputReader();
    return String.valueOf(output.readLine());
  }

  @Test
  void manyShareADirectoryWithAnExternalDatabaseAndNobodyElseMay() throws Exception {
    assertThat(take(true)).isEqualTo("taken");
    assertThat(take(true)).isEqualTo("taken");
    assertThat(take(false)).contains("a scheduler runs already").contains("NOTEBAY_DB_URL");

    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    assertThat(take(false)).as("a lock ends with its process").isEqualTo("taken");
    assertThat(take(true)).contains("a scheduler with the embedded database runs already");
    assertThat(take(false)).contains("a scheduler runs already");
  }
}
