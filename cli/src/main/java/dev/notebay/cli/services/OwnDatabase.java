package dev.notebay.cli.services;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.SystemClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The PostgreSQL that the scheduler brings; it outlives a scheduler that was killed. */
final class OwnDatabase {
  private static final Duration SIGNAL = Duration.ofSeconds(5);
  private final Path directory;

  OwnDatabase(Path home) {
    this.directory = home.resolve("postgres");
  }

  Path log() {
    return directory.resolve("postgres.log");
  }

  /** Its postmaster, if that runs: by its pid file, and never another process with that number. */
  Optional<ProcessHandle> running() {
    Path data = directory.resolve("data");
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      long pid = Long.parseLong(lines.isEmpty() ? "" : lines.getFirst().strip());
      Path process = Path.of("/proc", Long.toString(pid));
      boolean postgres = Files.readString(process.resolve("comm")).strip().equals("postgres");
      boolean here = process.resolve("cwd").toRealPath().equals(data.toRealPath());
      return postgres && here && PidFile.identityOf(pid).isPresent()
          ? ProcessHandle.of(pid)
          : Optional.empty();
    } catch (IOException | NumberFormatException none) {
      return Optional.empty();
    }
  }

  /**
   * Asks it to end without waiting for its clients (SIGINT: a "fast" shutdown).
   *
   * @return whether it has ended within {@code grace}
   */
  boolean stop(Duration grace) {
    Optional<ProcessHandle> process = running();
    if (process.isEmpty()) {
      return true;
    }
    interrupt(process.get().pid());
    var deadline = SystemClock.in(grace);
    while (running().isPresent()) {
      if (deadline.passed()) {
        return false;
      }
      Pause.shortly();
    }
    return true;
  }

  private static void interrupt(long pid) {
    try {
      Process kill = new ProcessBuilder("sh", "-c", "kill -INT " + pid).inheritIO().start();
      if (!kill.waitFor(SIGNAL.toMillis(), TimeUnit.MILLISECONDS)) {
        kill.destroyForcibly();
      }
    } catch (IOException notThere) {
      throw new java.io.UncheckedIOException("sh cannot be run", notThere);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
