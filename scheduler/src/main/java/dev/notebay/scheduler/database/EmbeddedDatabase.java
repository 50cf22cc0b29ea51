package dev.notebay.scheduler.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A PostgreSQL of our own, for those who have none.
 *
 * <ol>
 *   <li>Unpack its programs and make its data directory, once.
 *   <li>If a postmaster of the data directory is alive, it outlived an earlier scheduler: adopt it,
 *       if it answers to our password; end it if it does not answer.
 *   <li>Else start one, on the port it had before if that is free. PostgreSQL recovers by itself
 *       what a crash has left.
 *   <li>Write to {@code connection.properties} where it is.
 *   <li>Look again and again, by {@link #runOnce}: a postmaster that is gone is started anew.
 * </ol>
 *
 * <p>What always holds: what was committed survives the end, by whatever signal, of this process,
 * of PostgreSQL and of the machine; the password is in files of mode 0600 and nowhere else; only
 * this machine's loopback address is listened on.
 */
public final class EmbeddedDatabase {
  static final String USER = "notebay";
  static final String DATABASE = "notebay";

  private static final Logger LOG = System.getLogger(EmbeddedDatabase.class.getName());
  private static final long MAXIMUM_LOG_BYTES = 10L << 20;
  private static final int START_ATTEMPTS = 5;
  private static final Duration ADOPTION_PATIENCE = Duration.ofSeconds(15);
  private static final Duration FIRST_BACK_OFF = Duration.ofMillis(500);
  private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(30);
  private static final int PASSWORD_BYTES = 24;
  private static final int LOG_TAIL_BYTES = 2000;

  private final Path directory;
  private final Path connectionFile;
  private final Postmaster postmaster;
  private final String password;

  private boolean wanted = true;
  private int failures;
  private Instant notBefore = Instant.MIN;

  private EmbeddedDatabase(Path directory, PostgresBinaries binaries, String password) {
    this.directory = directory;
    this.connectionFile = connectionFile(directory.resolveSibling(""));
    this.postmaster =
        new Postmaster(binaries, directory.resolve("data"), directory.resolve("postgres.log"));
    this.password = password;
  }

  /** Where a database under this home writes how to reach it. */
  public static Path connectionFile(Path home) {
    return home.resolve("postgres").resolve("connection.properties");
  }

  /**
   * A database under {@code home}, running when this returns.
   *
   * @throws DatabaseException when it cannot be had; the message says what to do
   */
  public static EmbeddedDatabase start(Path home) {
    try {
      PrivateFiles.createDirectory(home);
      // The postmaster is known by the path of its data, however we got here.
      Path directory = home.toRealPath().resolve("postgres");
      PrivateFiles.createDirectory(directory);
      try (var _ = Exclusive.in(directory)) {
        var binaries = PostgresBinaries.in(directory);
        var database =
            new EmbeddedDatabase(directory, binaries, password(directory.resolve("password")));
        database.initialize();
        database.ensureRunning();
        return database;
      }
    } catch (IOException e) {
      throw new DatabaseException("the embedded PostgreSQL cannot be started under " + home, e);
    }
  }

  private static String password(Path file) throws IOException {
    if (!Files.exists(file)) {
      byte[] random = new byte[PASSWORD_BYTES];
      new SecureRandom().nextBytes(random);
      PrivateFiles.write(file, HexFormat.of().formatHex(random) + "\n");
    }
    return Files.readString(file).strip();
  }

  private void initialize() throws IOException {
    Path version = directory.resolve("data").resolve("PG_VERSION");
    if (!Files.exists(version)) {
      LOG.log(Level.INFO, "making a new database: directory={0}", directory);
      postmaster.initialize(directory.resolve("password"));
      return;
    }
    String found = Files.readString(version).strip();
    if (!found.equals(PostgresBinaries.MAJOR_VERSION)) {
      throw new DatabaseException(
          "the data in "
              + directory.resolve("data")
              + " is of PostgreSQL "
              + found
              + ", but this version of Notebay brings "
              + PostgresBinaries.MAJOR_VERSION
              + ": dump it with the old version, move the directory away, and load the dump");
    }
  }

  /** Where it is now. */
  public DatabaseAddress address() {
    try {
      return DatabaseAddress.read(connectionFile);
    } catch (IOException e) {
      throw new DatabaseException("cannot read " + connectionFile, e);
    }
  }

  /** The process that serves it, if one is alive. */
  public Optional<Long> pid() {
    try {
      return postmaster.find().map(Postmaster.Running::pid);
    } catch (IOException e) {
      throw new DatabaseException("cannot read postmaster.pid", e);
    }
  }

  /**
   * Starts it again if it is gone; after failures not at every call. Never throws because of them:
   * they are logged, and the next call tries again.
   *
   * @return whether it runs
   */
  public synchronized boolean runOnce(Instant now) {
    if (!wanted) {
      return false;
    }
    if (pid().isPresent()) {
      failures = 0;
      return true;
    }
    if (now.isBefore(notBefore)) {
      return false;
    }
    LOG.log(Level.WARNING, "PostgreSQL is gone, starting it again: directory={0}", directory);
    try (var _ = Exclusive.in(directory)) {
      ensureRunning();
      failures = 0;
      return true;
    } catch (IOException | DatabaseException e) {
      Duration wait = FIRST_BACK_OFF.multipliedBy(1L << Math.min(failures, 10));
      notBefore = now.plus(wait.compareTo(LONGEST_BACK_OFF) < 0 ? wait : LONGEST_BACK_OFF);
      failures++;
      LOG.log(Level.ERROR, "PostgreSQL does not start: directory=" + directory, e);
      return false;
    }
  }

  /** Ends it, for good as far as this object is concerned. */
  public synchronized void stop() {
    wanted = false;
    try (var _ = Exclusive.in(directory)) {
      postmaster.stop();
    } catch (IOException e) {
      throw new DatabaseException("PostgreSQL cannot be stopped", e);
    }
  }

  private void ensureRunning() throws IOException {
    Optional<Postmaster.Running> alive = postmaster.find();
    if (alive.isPresent()) {
      if (answers(alive.get().port(), ADOPTION_PATIENCE)) {
        LOG.log(Level.INFO, "found PostgreSQL running: pid={0}", "" + alive.get().pid());
        announce(alive.get().port());
        return;
      }
      LOG.log(Level.WARNING, "PostgreSQL does not answer: pid={0}", "" + alive.get().pid());
      postmaster.stop();
    }
    rotateLog();
    int port = launch();
    announce(port);
    LOG.log(
        Level.INFO,
        "started PostgreSQL: version={0} port={1}",
        PostgresBinaries.VERSION,
        "" + port);
  }

  private int launch() throws IOException {
    int port = formerPort().filter(EmbeddedDatabase::isFree).orElseGet(EmbeddedDatabase::freePort);
    for (int attempt = 1; ; attempt++) {
      Optional<String> failure = postmaster.start(port);
      if (failure.isEmpty()) {
        return port;
      }
      if (attempt == START_ATTEMPTS) {
        throw new DatabaseException(
            "PostgreSQL does not start: " + failure.get() + "\n" + logTail());
      }
      if (!isFree(port)) {
        port = freePort();
      } else {
        // What is left of the one before ends as soon as it sees that its postmaster is gone.
        pause();
      }
    }
  }

  /** Makes the database on first use, and says where it is. */
  private void announce(int port) throws IOException {
    createDatabase(port);
    DatabaseAddress address = DatabaseAddress.local(port, DATABASE, password);
    if (!Files.exists(connectionFile) || !DatabaseAddress.read(connectionFile).equals(address)) {
      address.write(connectionFile);
    }
  }

  private void createDatabase(int port) {
    try (Connection connection = connect(port);
        Statement statement = connection.createStatement()) {
      try (ResultSet there =
          statement.executeQuery("SELECT FROM pg_database WHERE datname = 'notebay'")) {
        if (there.next()) {
          return;
        }
      }
      statement.execute("CREATE DATABASE notebay");
    } catch (SQLException e) {
      throw new DatabaseException("PostgreSQL runs but does not let us in at port " + port, e);
    }
  }

  private boolean answers(int port, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try (Connection connection = connect(port)) {
        return connection.isValid(1);
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          LOG.log(Level.WARNING, "PostgreSQL refuses us: port=" + port, e);
          return false;
        }
        pause();
      }
    }
  }

  private Connection connect(int port) throws SQLException {
    return DatabaseSource.connect(DatabaseAddress.local(port, "postgres", password));
  }

  private static void pause() {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
  }

  private Optional<Integer> formerPort() throws IOException {
    if (!Files.exists(connectionFile)) {
      return Optional.empty();
    }
    String url = DatabaseAddress.read(connectionFile).url();
    return Optional.of(
        Integer.parseInt(url.substring(url.lastIndexOf(':') + 1, url.lastIndexOf('/'))));
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new DatabaseException("no free port on 127.0.0.1", e);
    }
  }

  private Path log() {
    return directory.resolve("postgres.log");
  }

  private void rotateLog() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > MAXIMUM_LOG_BYTES) {
      Files.move(log(), directory.resolve("postgres.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private String logTail() throws IOException {
    try (var file = new RandomAccessFile(log().toFile(), "r")) {
      file.seek(Math.max(0, file.length() - LOG_TAIL_BYTES));
      byte[] bytes = new byte[LOG_TAIL_BYTES];
      int length = Math.max(0, file.read(bytes));
      return "the end of " + log() + ":\n" + new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
  }

  /** Only one process at a time looks and acts on what it saw. */
  private record Exclusive(FileChannel channel, FileLock lock) implements AutoCloseable {
    static Exclusive in(Path directory) throws IOException {
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new Exclusive(channel, channel.lock());
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
