package dev.notebay.reliability.processes;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** An installation's own PostgreSQL, as seen by nobody's client: its processes and its rows. */
record Database(Path home) {
  private static final Duration END = Duration.ofSeconds(30);

  /** A new connection. */
  Connection connect() throws IOException, SQLException {
    var address = new Properties();
    try (Reader text = Files.newBufferedReader(home.resolve("postgres/connection.properties"))) {
      address.load(text);
    }
    return DriverManager.getConnection(address.getProperty("url"), address);
  }

  /** Whether it takes connections. */
  boolean answers() throws IOException {
    try (Connection connection = connect()) {
      return connection.isValid(1);
    } catch (SQLException away) {
      return false;
    }
  }

  /** Its first process, if that is alive. */
  Optional<ProcessHandle> postmaster() throws IOException {
    try {
      List<String> lines = Files.readAllLines(home.resolve("postgres/data/postmaster.pid"));
      return lines.isEmpty()
          ? Optional.empty()
          : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
              .filter(ProcessHandle::isAlive);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** {@code kill -9} of all its processes, the first one first. */
  void kill() throws Exception {
    Optional<ProcessHandle> first = postmaster();
    if (first.isEmpty()) {
      return;
    }
    List<ProcessHandle> all = new java.util.ArrayList<>(List.of(first.get()));
    first.get().children().forEach(all::add);
    all.forEach(ProcessHandle::destroyForcibly);
    Poll.until("PostgreSQL is gone", END, () -> all.stream().noneMatch(ProcessHandle::isAlive));
  }
}
