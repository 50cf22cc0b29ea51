package dev.notebay.scheduler.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real PostgreSQL, as processes. */
class EmbeddedDatabaseTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  /** A home with a database that was made, started and stopped once; tests have copies. */
  @TempDir static Path template;

  @TempDir Path home;

  @BeforeAll
  static void makeTheTemplate() throws Exception {
    long began = System.nanoTime();
    EmbeddedDatabase database = EmbeddedDatabase.start(template);
    System.out.printf(
        "embedded PostgreSQL: first start of all, unpacking included: %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    database.stop();
    Files.delete(EmbeddedDatabase.connectionFile(template));
  }

  @BeforeEach
  void copyTheTemplate() throws Exception {
    // The programs are shared; nobody writes to them.
    run("cp", "--archive", "--link", template.resolve("postgres").toString(), home.toString());
    Path data = template.resolve("postgres/data");
    run("rm", "--recursive", postgres().resolve("data").toString());
    run("cp", "--archive", data.toString(), postgres().toString());
    Files.delete(postgres().resolve("postgres.log"));
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @AfterEach
  void leaveNothingRunning() throws IOException {
    Path data = postgres().toRealPath().resolve("data");
    new Postmaster(PostgresBinaries.in(postgres()), data, postgres().resolve("postgres.log"))
        .stop("immediate", 10);
  }

  private Path postgres() {
    return home.resolve("postgres");
  }

  private DataSource source() {
    return DatabaseSource.of(Map.of(), home);
  }

  private static void execute(DataSource source, String sql) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(DataSource source, String sql) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void kill(long pid) {
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    assertThat(process.destroyForcibly()).isTrue();
    await("the end of " + pid, () -> !isAlive(pid));
  }

  private static boolean isAlive(long pid) {
    try {
      return !Files.readString(Path.of("/proc", "" + pid, "cmdline")).isEmpty();
    } catch (IOException gone) {
      return false;
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private static void insertOne(DataSource source) throws SQLException {
    execute(source, "CREATE TABLE note (text text)");
    execute(source, "INSERT INTO note VALUES ('kept')");
  }

  private static void assertKept(DataSource source) throws SQLException {
    assertThat(query(source, "SELECT text FROM note")).isEqualTo("kept");
  }

  @Test
  void keepsItsDataAndItsPortOverStopAndStart() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    DatabaseAddress address = database.address();
    insertOne(source());
    long pid = database.pid().orElseThrow();
    database.stop();
    assertThat(isAlive(pid)).isFalse();
    assertThat(database.runOnce(NOON)).as("stopped for good").isFalse();

    long began = System.nanoTime();
    database = EmbeddedDatabase.start(home);
    System.out.printf(
        "embedded PostgreSQL: later start: %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));

    assertKept(source());
    assertThat(database.address()).isEqualTo(address);
  }

  @Test
  void isDurableAndKnownOnlyToItsOwner() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);

    assertThat(query(source(), "SHOW fsync")).isEqualTo("on");
    assertThat(query(source(), "SHOW synchronous_commit")).isEqualTo("on");
    assertThat(query(source(), "SHOW full_page_writes")).isEqualTo("on");
    assertThat(query(source(), "SHOW data_checksums")).isEqualTo("on");
    assertThat(query(source(), "SHOW server_encoding")).isEqualTo("UTF8");
    assertThat(query(source(), "SHOW password_encryption")).isEqualTo("scram-sha-256");
    assertThat(query(source(), "SHOW unix_socket_directories")).isEmpty();
    assertThat(query(source(), "SHOW server_version")).isEqualTo("18.6");
    assertThat("18.6.0").isEqualTo(PostgresBinaries.VERSION);
    assertThat(query(source(), "SELECT 'é' > 'z'")).as("order by code point").isEqualTo("t");

    assertThat(mode("postgres")).isEqualTo("rwx------");
    assertThat(mode("postgres/data")).isEqualTo("rwx------");
    assertThat(mode("postgres/connection.properties")).isEqualTo("rw-------");
    assertThat(mode("postgres/password")).isEqualTo("rw-------");
    assertThat(mode("postgres/postgres.log")).isEqualTo("rw-------");
    DatabaseAddress address = database.address();
    assertThat(address.toString()).doesNotContain(address.password());
    assertThat(everyCommandLine()).noneMatch(line -> line.contains(address.password()));
    assertThat(Files.readString(postgres().resolve("postgres.log")))
        .doesNotContain(address.password());
  }

  private String mode(String path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(path)));
  }

  private static List<String> everyCommandLine() {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .toList();
  }

  @Test
  void listensOnTheLoopbackAddressOnly() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    int port = port(database);

    try (var socket = new Socket()) {
      // Another of the loopback network's addresses stands for any other of this machine.
      assertThatThrownBy(() -> socket.connect(new InetSocketAddress("127.0.0.2", port), 1000))
          .isInstanceOf(IOException.class);
    }
  }

  private static int port(EmbeddedDatabase database) {
    String url = database.address().url();
    return Integer.parseInt(url.replaceFirst(".*:(\\d+)/.*", "$1"));
  }

  @Test
  void refusesAWrongPassword() {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    DatabaseAddress address = database.address();

    assertThatThrownBy(
            () ->
                DatabaseSource.connect(
                    new DatabaseAddress(address.url(), address.user(), "guessed")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void adoptsThePostmasterThatOutlivedItsScheduler() throws Exception {
    EmbeddedDatabase before = EmbeddedDatabase.start(home);
    insertOne(source());

    EmbeddedDatabase after = EmbeddedDatabase.start(home);

    assertThat(after.pid()).isEqualTo(before.pid());
    assertKept(source());
    assertThat(after.runOnce(NOON)).isTrue();
  }

  @Test
  void adoptsItAlsoIfNobodyHadWrittenWhereItIs() throws Exception {
    EmbeddedDatabase before = EmbeddedDatabase.start(home);
    DatabaseAddress address = before.address();
    Files.delete(EmbeddedDatabase.connectionFile(home));

    assertThat(EmbeddedDatabase.start(home).address()).isEqualTo(address);
  }

  @Test
  void startsAKilledPostmasterAgainWithAllThatWasAcknowledged() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    try (var pool = DatabasePool.of(Map.of(), home)) {
      insertOne(pool);
      long pid = database.pid().orElseThrow();

      kill(pid);
      assertThat(database.pid()).isEmpty();
      assertThat(database.runOnce(NOON)).isTrue();

      assertThat(database.pid().orElseThrow()).isNotEqualTo(pid);
      assertKept(pool);
    }
  }

  @Test
  void startsAKilledPostmasterAlsoWhenTheSchedulerWasKilledToo() throws Exception {
    EmbeddedDatabase before = EmbeddedDatabase.start(home);
    insertOne(source());
    kill(before.pid().orElseThrow());
    assertThat(postgres().resolve("data/postmaster.pid")).exists();

    EmbeddedDatabase.start(home);

    assertKept(source());
  }

  @Test
  void healsWithoutUsWhenOneOfItsConnectionsIsKilled() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    try (var pool = DatabasePool.of(Map.of(), home)) {
      insertOne(pool);
      long pid = database.pid().orElseThrow();

      kill(Long.parseLong(query(pool, "SELECT pg_backend_pid()")));

      await("the database's own recovery", () -> canRead(pool));
      assertThat(database.pid()).contains(pid);
      assertKept(pool);
    }
  }

  private static boolean canRead(DataSource source) {
    try {
      assertKept(source);
      return true;
    } catch (SQLException notYet) {
      return false;
    }
  }

  @Test
  void takesAnotherPortWhenItsOwnIsTaken() throws Exception {
    EmbeddedDatabase before = EmbeddedDatabase.start(home);
    int port = port(before);
    insertOne(source());
    before.stop();
    try (var pool = DatabasePool.of(Map.of(), home);
        var taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));

      EmbeddedDatabase after = EmbeddedDatabase.start(home);

      assertThat(port(after)).isNotEqualTo(port);
      assertKept(pool);
    }
  }

  @Test
  void isNotKeptFromStartingByAStrangerWithItsOldProcessId() throws Exception {
    EmbeddedDatabase before = EmbeddedDatabase.start(home);
    insertOne(source());
    long pid = before.pid().orElseThrow();
    kill(pid);
    Path pidFile = postgres().resolve("data/postmaster.pid");
    // Not this process: PostgreSQL knows that its own ancestors cannot be its predecessor.
    Process stranger = new ProcessBuilder("cat").start();
    try {
      Files.writeString(
          pidFile,
          Files.readString(pidFile)
              .replaceFirst(Long.toString(pid), Long.toString(stranger.pid())));

      EmbeddedDatabase.start(home);

      assertKept(source());
      assertThat(stranger.isAlive()).isTrue();
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void triesLessOftenWhatFails() throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    insertOne(source());
    Path control = postgres().resolve("data/global/pg_control");
    kill(database.pid().orElseThrow());
    Files.move(control, control.resolveSibling("away"));

    assertThat(database.runOnce(NOON)).isFalse();
    Files.move(control.resolveSibling("away"), control);

    assertThat(database.runOnce(NOON.plusMillis(499))).as("too soon").isFalse();
    assertThat(database.runOnce(NOON.plusMillis(500))).isTrue();
    assertKept(source());
  }

  @Test
  void saysWhatToDoWithDataOfAnotherVersion() throws Exception {
    Files.writeString(postgres().resolve("data/PG_VERSION"), "16\n");

    assertThatThrownBy(() -> EmbeddedDatabase.start(home))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("is of PostgreSQL 16")
        .hasMessageContaining("dump it");
  }

  @Test
  void keepsItsLogSmall() throws Exception {
    Files.write(postgres().resolve("postgres.log"), new byte[(10 << 20) + 1]);

    EmbeddedDatabase.start(home);

    assertThat(Files.size(postgres().resolve("postgres.log"))).isLessThan(100_000);
    assertThat(postgres().resolve("postgres.log.1")).exists();
  }

  @Test
  void unpacksAgainWhatACrashLeftHalfUnpacked(@TempDir Path parent) throws Exception {
    Files.createDirectories(parent.resolve("unpacking-123/bin"));
    Files.createFile(parent.resolve("unpacking-123/bin/postgres"));

    PostgresBinaries binaries = PostgresBinaries.in(parent);

    assertThat(Files.isExecutable(binaries.program("postgres"))).isTrue();
    try (Stream<Path> left = Files.list(parent)) {
      assertThat(left).containsExactly(parent.resolve("binaries-" + PostgresBinaries.VERSION));
    }
  }
}
