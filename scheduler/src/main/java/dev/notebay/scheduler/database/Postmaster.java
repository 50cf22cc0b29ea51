package dev.notebay.scheduler.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's first process for one data directory, as seen and steered from outside.
 *
 * <p>It is started by {@code pg_ctl}, which puts it into a session of its own: it neither gets our
 * signals nor ends with us. PostgreSQL refuses to run as root; root's files stay root's in a user
 * namespace without a mapping, in which the same process is nobody.
 */
final class Postmaster {
  /**
   * What is committed is on the disk. The rest keeps it small: a scheduler and a storage gateway
   * are its only clients.
   */
  private static final String OPTIONS =
      " -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
          + " -c fsync=on -c synchronous_commit=on -c full_page_writes=on"
          + " -c max_connections=60 -c shared_buffers=32MB -c max_wal_size=256MB"
          + " -c io_method=sync -c jit=off -c huge_pages=off"
          + " -c timezone=UTC -c log_timezone=UTC -c lc_messages=C"
          + " -c idle_in_transaction_session_timeout=60s -c cluster_name=notebay";

  private final PostgresBinaries binaries;
  private final Path data;
  private final Path log;

  Postmaster(PostgresBinaries binaries, Path data, Path log) {
    this.binaries = binaries;
    this.data = data;
    this.log = log;
  }

  /** A postmaster that runs. */
  record Running(long pid, int port) {}

  /** The postmaster of this data directory, if one is alive. */
  Optional<Running> find() throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(pidFile(), StandardCharsets.UTF_8);
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
    // pid, data directory, start time, port, …; the later ones are added while it starts.
    if (lines.size() < 4) {
      return Optional.empty();
    }
    long pid = Long.parseLong(lines.get(0).strip());
    return isOurs(pid)
        ? Optional.of(new Running(pid, Integer.parseInt(lines.get(3).strip())))
        : Optional.empty();
  }

  /** Whether the process is a postmaster of this directory, and not one that got its number. */
  private boolean isOurs(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      List<String> command = List.of(Files.readString(process.resolve("cmdline")).split("\0", -1));
      // A zombie's command line is empty.
      return command.getFirst().endsWith("/postgres") && command.contains(data.toString());
    } catch (NoSuchFileException gone) {
      return false;
    } catch (IOException e) {
      // A process that ends between open and read.
      if (!Files.exists(process)) {
        return false;
      }
      throw e;
    }
  }

  private Path pidFile() {
    return data.resolve("postmaster.pid");
  }

  /**
   * Makes the data directory, at once and complete, with one user whose password is in {@code
   * passwordFile}.
   */
  void initialize(Path passwordFile) throws IOException {
    Path parent = passwordFile.resolveSibling("");
    PrivateFiles.deleteAll(parent, "initializing-*");
    Path initializing = Files.createTempDirectory(parent, "initializing-");
    Outcome outcome =
        run(
            Duration.ofSeconds(60),
            binaries.program("initdb").toString(),
            "--pgdata=" + initializing,
            "--username=" + EmbeddedDatabase.USER,
            "--pwfile=" + passwordFile,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            // The same order of texts on every machine and after every upgrade of its C library.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums");
    if (!outcome.succeeded()) {
      throw new DatabaseException("PostgreSQL's initdb failed: " + outcome.text());
    }
    Files.move(initializing, data);
  }

  /** Starts it and waits until it takes connections; what went wrong, if it does not. */
  Optional<String> start(int port) throws IOException {
    forgetAnothersPid();
    Outcome outcome =
        run(
            Duration.ofSeconds(90),
            binaries.program("pg_ctl").toString(),
            "start",
            "--pgdata=" + data,
            "--log=" + log,
            "--wait",
            "--timeout=80",
            "--silent",
            "-o",
            "-p " + port + OPTIONS);
    return outcome.succeeded() ? Optional.empty() : Optional.of(outcome.text());
  }

  /**
   * PostgreSQL does not start while its old pid is in use, be it by a stranger who got the number
   * after a reboot. That nothing of its own is left it also sees by its shared memory.
   */
  private void forgetAnothersPid() throws IOException {
    if (find().isEmpty()) {
      Files.deleteIfExists(pidFile());
    }
  }

  /** Ends it: connections are cut, what is committed stays. */
  void stop() throws IOException {
    if (find().isPresent() && !stop("fast", 20) && !stop("immediate", 10)) {
      throw new DatabaseException("PostgreSQL does not stop; its log is " + log);
    }
  }

  /** Whether it has ended in time. */
  boolean stop(String mode, int seconds) throws IOException {
    return run(
                Duration.ofSeconds(seconds + 5),
                binaries.program("pg_ctl").toString(),
                "stop",
                "--pgdata=" + data,
                "--mode=" + mode,
                "--wait",
                "--timeout=" + seconds,
                "--silent")
            .succeeded()
        || find().isEmpty();
  }

  private record Outcome(boolean succeeded, String text) {}

  private static Outcome run(Duration limit, String... command) throws IOException {
    List<String> whole = new ArrayList<>();
    boolean root = isRoot();
    if (root) {
      whole.addAll(List.of("unshare", "--user", "--"));
    }
    whole.addAll(List.of(command));
    Path output = Files.createTempFile("notebay-postgres-", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      builder.environment().put("LC_ALL", "C");
      Process process = start(builder, root);
      boolean ended = waitFor(process, limit);
      String text = Files.readString(output, StandardCharsets.UTF_8).strip();
      if (root && ended && process.exitValue() != 0 && text.startsWith("unshare:")) {
        throw rootCannot(text, null);
      }
      return new Outcome(ended && process.exitValue() == 0, ended ? text : "no end in " + limit);
    } finally {
      Files.delete(output);
    }
  }

  private static Process start(ProcessBuilder builder, boolean root) throws IOException {
    try {
      return builder.start();
    } catch (IOException e) {
      if (root) {
        throw rootCannot(String.valueOf(e.getMessage()), e);
      }
      throw e;
    }
  }

  private static DatabaseException rootCannot(String why, @Nullable Exception cause) {
    return new DatabaseException(
        "PostgreSQL does not run as root, and root cannot make a user namespace here ("
            + why
            + "): run Notebay as another user, or set NOTEBAY_DB_URL to a PostgreSQL that runs"
            + " already",
        cause);
  }

  private static boolean isRoot() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }

  private static boolean waitFor(Process process, Duration limit) {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      process.destroyForcibly();
      return false;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new DatabaseException("interrupted while PostgreSQL was started or stopped", e);
    }
  }
}
