package dev.notebay.cli.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.fake.FakeService;
import dev.notebay.cli.fake.RecordedTerminal;
import dev.notebay.cli.services.Installation.ServiceStatus;
import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class InstallationTest {
  @TempDir Path directory = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private final RecordedTerminal terminal = RecordedTerminal.piped();

  @BeforeEach
  void prepare() throws IOException {
    Path distribution = directory.resolve("dist");
    FakeService.install(distribution);
    environment.put("NOTEBAY_HOME", directory.resolve("home").toString());
    environment.put("NOTEBAY_DIST", distribution.toString());
    environment.put("NOTEBAY_SANDBOX", "none");
    for (String variable :
        List.of(
            Settings.SCHEDULER_GRPC,
            Settings.SCHEDULER_HTTP,
            Settings.STORAGE_GRPC,
            Settings.STORAGE_HTTP)) {
      environment.put(variable, "127.0.0.1:" + freePort());
    }
  }

  @AfterEach
  void stop() {
    installation().down(true);
  }

  @Test
  void upStartsBothAndUpAgainChangesNothing() throws IOException {
    assertThat(installation().up()).isTrue();
    List<ServiceStatus> first = installation().status();
    assertThat(first).hasSize(2).allMatch(ServiceStatus::healthy);
    assertThat(installation().up()).isFalse();
    assertThat(installation().status()).isEqualTo(first);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("home"))))
        .isEqualTo("rwx------");
  }

  @Test
  void downEndsBothAndDownAgainChangesNothing() {
    installation().up();
    List<Long> pids = installation().status().stream().map(ServiceStatus::pid).toList();
    assertThat(installation().down(true)).containsExactly("scheduler", "storage-gateway");
    assertThat(pids).allMatch(pid -> PidFile.identityOf(pid).isEmpty());
    assertThat(installation().down(true)).isEmpty();
  }

  @Test
  void ofTwoUpsAtOnceOneStartsAndTheOtherFindsItDone() throws Exception {
    List<CompletableFuture<Boolean>> ups = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ups.add(CompletableFuture.supplyAsync(() -> installation().up()));
    }
    List<Boolean> started = new ArrayList<>();
    for (CompletableFuture<Boolean> up : ups) {
      started.add(up.get(60, TimeUnit.SECONDS));
    }
    assertThat(started).containsExactlyInAnyOrder(true, false);
    assertThat(installation().status()).allMatch(ServiceStatus::healthy);
  }

  @Test
  void aServiceThatDiedIsStartedAgainBesideTheOther() {
    installation().up();
    List<ServiceStatus> before = installation().status();
    ServiceStatus killed = before.getLast();
    ProcessHandle.of(killed.pid()).ifPresent(ProcessHandle::destroyForcibly);
    while (PidFile.identityOf(killed.pid()).isPresent()) {
      Pause.shortly();
    }
    assertThat(installation().up()).isTrue();
    assertThat(installation().status().getFirst()).isEqualTo(before.getFirst());
    assertThat(installation().status().getLast().pid()).isNotEqualTo(killed.pid());
  }

  @Test
  void aRecycledProcessIdIsNeverTakenForTheService() throws IOException {
    Path file = Files.createDirectories(directory.resolve("home/run")).resolve("scheduler.pid");
    Files.writeString(file, ProcessHandle.current().pid() + "\nanother-boot 12345\n");
    assertThat(new PidFile(file).process()).isEmpty();
    assertThat(installation().down(true)).isEmpty();
  }

  @Test
  void aTakenPortIsToldWithItsHolderAndTheVariableToSet() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      environment.put(Settings.SCHEDULER_GRPC, "127.0.0.1:" + taken.getLocalPort());
      assertThatThrownBy(() -> installation().up())
          .isInstanceOfSatisfying(
              CliFailure.class,
              failure -> {
                assertThat(failure.text())
                    .contains("taken by")
                    .contains("pid " + ProcessHandle.current().pid());
                assertThat(failure.hint().orElse("")).contains("NOTEBAY_SCHEDULER_GRPC=");
                assertThat(failure.exitCode()).isEqualTo(4);
              });
    }
    assertThat(installation().status()).noneMatch(ServiceStatus::running);
  }

  @Test
  void aServiceThatEndsAtOnceIsToldWithItsLastWords() throws IOException {
    Files.writeString(directory.resolve("dist/scheduler/fail"), "");
    assertThatThrownBy(() -> installation().up())
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("the scheduler ended while starting");
    assertThat(terminal.err()).contains("the fake cannot start: no luck");
    assertThat(installation().status()).noneMatch(ServiceStatus::running);
  }

  @Test
  void aDatabaseThatDoesNotAnswerIsToldByHostAndPort() throws IOException {
    environment.put("NOTEBAY_DB_URL", "jdbc:postgresql://127.0.0.1:" + freePort() + "/notebay");
    assertThatThrownBy(() -> installation().up())
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("the database at 127.0.0.1:");
  }

  @Test
  void wrongSettingsAreRefusedBeforeAnythingStarts() {
    environment.put("NOTEBAY_DB_URL", "postgres://u:secret@h/db");
    assertThatThrownBy(() -> installation().up())
        .hasMessageContaining("expected: jdbc:postgresql://")
        .message()
        .doesNotContain("secret");
    environment.remove("NOTEBAY_DB_URL");
    environment.put("NOTEBAY_SANDBOX", "docker");
    assertThatThrownBy(() -> installation().up()).hasMessageContaining("bubblewrap or none");
    environment.put("NOTEBAY_SANDBOX", "none");
    environment.put("NOTEBAY_MINIMUM_FREE", "900TiB");
    assertThatThrownBy(() -> installation().up()).hasMessageContaining("at least 900 TiB");
    environment.remove("NOTEBAY_MINIMUM_FREE");
    environment.put("NOTEBAY_DIST", directory.resolve("nothing").toString());
    assertThatThrownBy(() -> installation().up()).hasMessageContaining("is incomplete");
  }

  @Test
  void aPortChosenAtUpNeedNotBeRepeatedAndIsForgottenByDown() {
    installation().up();
    String chosen = environment.remove(Settings.SCHEDULER_GRPC);
    assertThat(settings().setting(Settings.SCHEDULER_GRPC)).isEqualTo(chosen);
    installation().down(true);
    assertThat(settings().setting(Settings.SCHEDULER_GRPC)).isEqualTo("127.0.0.1:7410");
  }

  @Test
  void whatServicesWereStartedWithLastsUntilDown() throws IOException {
    try (var database = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var given =
          Map.of(
              "NOTEBAY_DB_URL", "jdbc:postgresql://127.0.0.1:" + database.getLocalPort() + "/n",
              "NOTEBAY_DB_USER", "ada",
              "NOTEBAY_DB_PASSWORD", " =p\\w\u00f6rd:\n#",
              "NOTEBAY_DECLARED_DEVICES", "nvidia-t4:4");
      environment.putAll(given);
      installation().up();
      environment.keySet().removeAll(given.keySet());
      assertThat(settings().serviceEnvironment()).containsAllEntriesOf(given);
      Path file = Settings.rememberedIn(directory.resolve("home"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(installation().up()).isFalse();
      installation().down(false);
      assertThat(settings().serviceEnvironment()).containsAllEntriesOf(given);
      environment.put("NOTEBAY_DB_URL", "jdbc:postgresql://elsewhere/n");
      assertThat(settings().serviceEnvironment())
          .doesNotContainKeys("NOTEBAY_DB_USER", "NOTEBAY_DB_PASSWORD");
      environment.remove("NOTEBAY_DB_URL");
      installation().down(true);
      assertThat(settings().serviceEnvironment()).doesNotContainKeys("NOTEBAY_DB_URL");
    }
  }

  @Test
  void aSettingThatRunningServicesDoNotHaveIsTold() {
    installation().up();
    assertThat(terminal.err()).doesNotContain("the services run");
    environment.put("NOTEBAY_SANDBOX", "bubblewrap");
    environment.put("NOTEBAY_DB_URL", "jdbc:postgresql://h/n?password=secret");
    assertThat(installation().up()).isFalse();
    assertThat(terminal.err())
        .contains(
            "the services run with another NOTEBAY_SANDBOX and another NOTEBAY_DB_URL than given",
            "./notebay down --keep-sessions && ./notebay up")
        .doesNotContain("secret");
    environment.put(Settings.SCHEDULER_HTTP, "127.0.0.1:1");
    assertThatThrownBy(() -> installation().up())
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("another NOTEBAY_SCHEDULER_HTTP");
  }

  @Test
  void aBuildThatIsNewerThanTheServicesIsTold() throws IOException {
    Path stamp = Files.writeString(directory.resolve("dist/.stamp"), "");
    installation().up();
    assertThat(installation().up()).isFalse();
    assertThat(terminal.err()).doesNotContain("older build");
    Files.setLastModifiedTime(stamp, FileTime.from(SystemClock.now().plusSeconds(60)));
    assertThat(installation().up()).isFalse();
    assertThat(terminal.err()).contains("the services run an older build; restart them: ");
  }

  @Test
  void aDirectoryOfSomethingElseIsRefusedAndLeftAlone() throws IOException {
    Path home = Files.createDirectory(directory.resolve("home"));
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path file = Files.writeString(home.resolve("file"), "");
    assertThatThrownBy(() -> installation().up())
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("has other files in it, and others may enter it (rwxr-xr-x)");
    assertThat(installation().down(true)).isEmpty();
    assertThat(home).isDirectoryContaining("glob:**/file");
    try (var left = Files.list(home)) {
      assertThat(left).hasSize(1);
    }
    Files.delete(file);
    installation().up();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
        .isEqualTo("rwxr-xr-x");
    try (var parts = Files.list(home)) {
      assertThat(parts)
          .isNotEmpty()
          .allSatisfy(
              part ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
                      .isEqualTo("rwx------"));
    }
  }

  @Test
  void aDatabaseThatItsSchedulerLeftIsStoppedToo() throws Exception {
    Files.createDirectories(directory.resolve("home/run"));
    Path data = Files.createDirectories(directory.resolve("home/postgres/data"));
    Path program = Files.copy(Path.of("/bin/sleep").toRealPath(), directory.resolve("postgres"));
    Process left = sleeping(program, data);
    Process other = sleeping(program, directory);
    try {
      Files.writeString(data.resolve("postmaster.pid"), other.pid() + "\n");
      assertThat(installation().down(true)).isEmpty();
      Files.writeString(data.resolve("postmaster.pid"), left.pid() + "\n");
      assertThat(installation().down(true))
          .containsExactly("PostgreSQL (pid " + left.pid() + "), which its scheduler had left");
      assertThat(left.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(other.isAlive()).isTrue();
    } finally {
      left.destroy();
      other.destroy();
    }
  }

  /** One that can be interrupted, also where these tests run in the background and cannot. */
  private static Process sleeping(Path program, Path directory) throws IOException {
    return new ProcessBuilder("env", "--default-signal=INT", program.toString(), "100")
        .directory(directory.toFile())
        .start();
  }

  private Installation installation() {
    return new Installation(settings(), terminal.terminal());
  }

  private Settings settings() {
    return Settings.of(environment);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
