package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.Compute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LimitsTest {
  /** A launcher whose child takes more memory than the session has, and which outlives it. */
  private static final String HOG =
      """
      import os, time
      print("launcher", flush=True)
      pid = os.fork()
      if pid == 0:
          try:
              hog = [bytearray(16 << 20) for _ in range(64)]
          except MemoryError:
              os._exit(3)
          os._exit(0)
      _, status = os.waitpid(pid, 0)
      print("hog", os.waitstatus_to_exitcode(status), flush=True)
      time.sleep(1000)
      """;

  @TempDir Path temporary;

  @Test
  void onlyTheProcessThatTakesTooMuchMemoryDies() throws Exception {
    var cgroups = Cgroups.detect(Path.of("/sys/fs/cgroup"));
    assumeThat(cgroups.limitsMemory()).isTrue();
    try (var machine = new LocalMachine(temporary, HOG)) {
      LocalLauncher launcher = machine.launcher();
      LaunchRequest request = LocalMachine.request();
      launcher.launch(request);
      RuntimeDirectory directory = machine.awaitUp(request.name());
      Path log = directory.path().resolve("sandbox.log");

      Eventually.await("the hog's end", () -> LocalMachine.log(log).contains("hog "));

      assertThat(LocalMachine.log(log)).contains("hog -9");
      assertThat(launcher.list()).containsExactly(new RuntimeView.Running(request.name()));
      Properties properties = new Properties();
      try (var file = Files.newBufferedReader(directory.agentProperties())) {
        properties.load(file);
      }
      assertThat(Files.readAllLines(Path.of(properties.getProperty("memory.events-file"))))
          .contains("oom_kill 1");
      assertThat(machine.groups(request.name())).isNotEmpty();
    }
  }

  @Test
  void eachProcessIsLimitedWhereControlGroupsCannotBeWritten() throws Exception {
    var none = Cgroups.detect(temporary.resolve("none"));
    var bubblewrap = new SandboxCheck("/usr/bin:/bin").run();
    try (var machine = new LocalMachine(temporary, HOG, Optional.of(bubblewrap), none)) {
      LocalLauncher launcher = machine.launcher();
      LaunchRequest request = LocalMachine.request();
      launcher.launch(request);
      RuntimeDirectory directory = machine.awaitUp(request.name());
      Path log = directory.path().resolve("sandbox.log");

      Eventually.await("the hog's end", () -> LocalMachine.log(log).contains("hog "));

      assertThat(LocalMachine.log(log)).contains("hog 3");
      assertThat(LocalMachine.log(directory.supervisorLog()))
          .contains("condition: memory is limited for each process alone");
      assertThat(Files.readString(directory.agentProperties())).contains("memory.events-file=\n");
    }
  }

  @Test
  void writesWhatVersionTwoOfControlGroupsExpects() throws Exception {
    Files.writeString(temporary.resolve("cgroup.controllers"), "cpu memory pids");
    var name = LocalMachine.request().name();

    Cgroups cgroups = Cgroups.detect(temporary);

    Path group = temporary.resolve("notebay").resolve(name.toString());
    assertThat(cgroups.memoryEvents(name)).contains(group.resolve("memory.events"));
    assertThat(temporary.resolve("notebay/cgroup.subtree_control")).exists();
    List<Cgroups.Group> groups = cgroups.of(name, new Compute(2000, 1L << 30));
    assertThat(groups).hasSize(1);
    assertThat(groups.getFirst().path()).isEqualTo(group);
    assertThat(groups.getFirst().files())
        .containsEntry("memory.max", "1073741824")
        .containsEntry("memory.swap.max", "0")
        .containsEntry("pids.max", "8192")
        .containsEntry("cpu.weight", "79");
  }

  @Test
  void endsEverythingAlsoWhereThereIsNoSandbox() throws Exception {
    // A kernel that left its launcher's session and lost its parent.
    String launcher =
        """
        import os, time
        print("launcher", flush=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
        time.sleep(1000)
        """;
    var none = Cgroups.detect(temporary.resolve("none"));
    try (var machine = new LocalMachine(temporary, launcher, Optional.empty(), none)) {
      LocalLauncher local = machine.launcher();
      for (boolean killed : List.of(false, true)) {
        LaunchRequest request = LocalMachine.request();
        local.launch(request);
        RuntimeDirectory directory = machine.awaitUp(request.name());
        Eventually.await("an orphan", () -> marked(machine, directory) == 2);
        if (killed) {
          directory.supervisor().orElseThrow().kill();
        } else {
          local.terminate(request.name());
        }
        LocalMachine.awaitEnd(local, request.name());
        assertThat(machine.processes(request.name())).isEmpty();
      }
    }
  }

  private static long marked(LocalMachine machine, RuntimeDirectory directory) {
    return machine.holders(directory).stream()
        .filter(process -> !process.equals(directory.supervisor().orElseThrow()))
        .filter(process -> directory.process("agent").filter(process::equals).isEmpty())
        .count();
  }
}
