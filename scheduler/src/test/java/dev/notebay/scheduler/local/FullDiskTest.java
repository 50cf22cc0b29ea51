package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher.LaunchException;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes on a small disk of their own that is filled to its last byte. */
@Timeout(60)
class FullDiskTest {
  /** Says much once it is asked to. */
  private static final String TALKATIVE =
      """
      import os, time
      print("launcher", flush=True)
      while not os.path.exists("/content/speak"):
          time.sleep(0.01)
      for line in range(100):
          print("x" * 1000, flush=True)
      open("/content/spoken", "w").close()
      time.sleep(1000)
      """;

  @TempDir Path temporary;
  private LocalMachine machine;
  private LocalLauncher launcher;
  private Path disk;
  private final LaunchRequest request = LocalMachine.request();
  private final RuntimeName name = request.name();

  @BeforeEach
  void mountSmallDisk() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can mount");
    machine = new LocalMachine(temporary, TALKATIVE);
    disk = Files.createDirectories(machine.home.resolve("runtimes"));
    var mounted = run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk.toString());
    assumeTrue(mounted.status() == 0, mounted.output());
    launcher = machine.launcher();
  }

  @AfterEach
  void unmount() throws Exception {
    if (disk == null) {
      return;
    }
    Files.deleteIfExists(disk.resolve("filling"));
    machine.close();
    run("umount", disk.toString());
  }

  @Test
  void sessionsGoOnAndEndAndAreRemoved() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    Path end = Files.writeString(directory.agent().resolve("end.new"), "0");
    fill();

    Files.createFile(directory.content().resolve("speak"));
    Eventually.await("much", () -> Files.exists(directory.content().resolve("spoken")));
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
    assertThat(directory.supervisor().orElseThrow().isAlive()).isTrue();

    Files.move(end, directory.agent().resolve("exit"));
    RuntimeView.Ended ended = LocalMachine.awaitEnd(launcher, name);
    assertThat(ended.reason()).isEqualTo(EndReason.RUNTIME_LOST);
    assertThat(machine.processes(name)).isEmpty();
    try (var files = Files.walk(directory.path())) {
      assertThat(files).noneMatch(path -> path.toString().endsWith(".new"));
    }
    launcher.remove(name);
    assertThat(launcher.list()).isEmpty();
  }

  @Test
  void aSessionThatHasNoRoomToStartSaysSo() throws Exception {
    fill();
    assertThatThrownBy(() -> launcher.launch(request))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("No space left on device");
    assertThat(launcher.list()).isEmpty();
  }

  private void fill() throws IOException {
    Path filling = disk.resolve("filling");
    assertThatThrownBy(() -> Files.write(filling, new byte[1 << 20]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
  }

  private static BoundedCommand.Answer run(String... command) throws IOException {
    return BoundedCommand.run(List.of(command), Duration.ofSeconds(10));
  }
}
