package dev.notebay.cli.services;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.SystemClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The runtimes of this machine, as their supervisors left word in {@code runtimes/}. */
public final class Runtimes {
  private static final Duration END = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path directory;

  public Runtimes(Path home) {
    this.directory = home.resolve("runtimes");
  }

  /** The supervisors that run now. */
  public List<ProcessHandle> running() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var runtimes = Files.list(directory)) {
      return runtimes.flatMap(runtime -> supervisor(runtime).stream()).toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  /** Asks every runtime to end, and ends those that do not. */
  public void terminateAll() {
    running().forEach(ProcessHandle::destroy);
    var deadline = SystemClock.in(END);
    while (!running().isEmpty() && !deadline.passed()) {
      Pause.shortly();
    }
    running().forEach(ProcessHandle::destroyForcibly);
  }

  /** The log of the newest attempt of a session. */
  public Optional<Path> agentLog(String sessionId) {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    try (var runtimes = Files.list(directory)) {
      return runtimes
          .filter(runtime -> runtime.getFileName().toString().startsWith("s" + sessionId + "-"))
          .max(java.util.Comparator.comparingInt(Runtimes::attempt))
          .map(runtime -> runtime.resolve("agent").resolve("agent.log"))
          .filter(Files::isRegularFile);
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  private static int attempt(Path runtime) {
    String name = runtime.getFileName().toString();
    try {
      return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
    } catch (NumberFormatException other) {
      return -1;
    }
  }

  /** The supervisor of one runtime's directory, if it runs. */
  static Optional<ProcessHandle> supervisor(Path runtime) {
    try {
      JsonNode word = JSON.readTree(Files.readString(runtime.resolve("supervisor.json")));
      long pid = word.path("pid").asLong();
      String ticks = word.path("start_ticks").asText();
      return PidFile.identityOf(pid)
          .filter(identity -> identity.endsWith(" " + ticks))
          .flatMap(same -> ProcessHandle.of(pid));
    } catch (IOException none) {
      return Optional.empty();
    }
  }
}
