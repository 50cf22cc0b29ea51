package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A state directory and a distribution whose agent and launcher are small scripts, and the real
 * supervisor, sandbox and processes.
 */
final class LocalMachine implements AutoCloseable {
  static final long MEMORY = 512L << 20;

  /** An agent that does nothing until a file {@code agent/exit} tells it how to end. */
  private static final String AGENT =
      """
      import os, time
      print("agent", os.getpid(), flush=True)
      while not os.path.exists("agent/exit"):
          time.sleep(0.01)
      status = int(open("agent/exit").read())
      if status:
          os.remove("agent/exit")
      os._exit(status)
      """;

  /** A launcher that only lives. */
  static final String IDLE = "import time; print('launcher', flush=True); time.sleep(1000)";

  static final RuntimeSecrets SECRETS = new RuntimeSecrets(new byte[32]);

  final Path home;
  final Path distribution;
  private final List<String> agent;
  private final Optional<Bubblewrap> sandbox;
  private List<String> supervisor =
      List.of(
          "/usr/bin/python3",
          "-I",
          "-S",
          "-B",
          Path.of("src/main/python/notebay_supervisor.py").toAbsolutePath().toString());
  private final List<LocalLauncher> launchers = new ArrayList<>();
  private final Cgroups cgroups;

  LocalMachine(Path directory, String launcher) throws Exception {
    this(directory, launcher, Optional.of(new SandboxCheck("/usr/bin:/bin").run()));
  }

  LocalMachine(Path directory, String launcher, Optional<Bubblewrap> sandbox) throws IOException {
    this(directory, launcher, sandbox, Cgroups.detect(Path.of("/sys/fs/cgroup")));
  }

  LocalMachine(Path directory, String launcher, Optional<Bubblewrap> sandbox, Cgroups cgroups)
      throws IOException {
    this.home = Files.createDirectories(directory.resolve("home"));
    this.distribution = Files.createDirectories(directory.resolve("dist"));
    this.sandbox = sandbox;
    this.cgroups = cgroups;
    Files.createDirectories(python().resolve("notebay_launcher"));
    Files.writeString(python().resolve("notebay_launcher/__main__.py"), launcher);
    this.agent = List.of("/usr/bin/python3", "-I", "-S", "-c", AGENT);
  }

  /**
   * Starts runtimes as another user, who owns their directories then, and for whom the machine has
   * a tun device.
   */
  void runAs(String user) throws Exception {
    Path script = distribution.resolve("supervisor.py");
    Files.copy(Path.of("src/main/python/notebay_supervisor.py"), script);
    Path tun = distribution.resolve("tun");
    run("mknod", tun.toString(), "c", "10", "200");
    run("chmod", "666", tun.toString());
    for (Path parent = distribution;
        parent != null && parent.getNameCount() > 1;
        parent = parent.getParent()) {
      run("chmod", "o+rx", parent.toString());
    }
    run("chmod", "-R", "o+rX", distribution.toString());
    supervisor =
        List.of(
            "/usr/bin/unshare",
            "--mount",
            "/bin/sh",
            "-c",
            """
            mount --bind %s /dev/net/tun
            chmod o+x %s "$0/.."
            chown -R %s "$0"
            exec runuser -u %s -- /usr/bin/python3 -I -S -B %s "$0"
            """
                .formatted(tun, home, user, user, script));
  }

  private static void run(String... command) throws IOException {
    var answer = BoundedCommand.run(List.of(command), java.time.Duration.ofSeconds(10));
    if (answer.status() != 0) {
      throw new IOException(List.of(command) + ": " + answer.output());
    }
  }

  Path python() {
    return distribution.resolve("runtime-agent/python");
  }

  /** A launcher as a scheduler has when it has just started. */
  LocalLauncher launcher() throws IOException {
    return launcher(InstantSource.system(), agent);
  }

  LocalLauncher launcher(InstantSource clock, List<String> agentCommand) throws IOException {
    LocalSettings settings =
        new LocalSettings(
            home,
            supervisor,
            agentCommand,
            new KernelPython(Path.of("/usr/bin/python3"), List.of()),
            python(),
            sandbox,
            "127.0.0.1:7410",
            "notebay",
            home.resolve("keys/jwt-public.pem").toString(),
            Map.of());
    LocalLauncher launcher =
        new LocalLauncher(settings, SECRETS, clock, cgroups, new GpuDeviceFiles());
    launchers.add(launcher);
    return launcher;
  }

  /** What it launches lacks its supervisor, as if its scheduler had been killed just before. */
  LocalLauncher launcherWithoutSupervisors() throws IOException {
    return launcherWithSupervisor("/bin/true");
  }

  LocalLauncher launcherWithSupervisor(String program) throws IOException {
    List<String> real = supervisor;
    supervisor = List.of(program);
    try {
      return launcher();
    } finally {
      supervisor = real;
    }
  }

  static LaunchRequest request() {
    return request(new RuntimeName(new SessionId(UUID.randomUUID()), 1), Optional.empty());
  }

  static LaunchRequest request(RuntimeName name, Optional<String> volume) {
    return new LaunchRequest(
        name,
        new Owner("ada"),
        Accelerator.NONE,
        new Compute(1000, MEMORY),
        new Assignment("here", "none", List.of(), Instant.EPOCH),
        volume);
  }

  RuntimeDirectory directory(RuntimeName name) throws IOException {
    return RuntimeDirectory.of(home.resolve("runtimes").toRealPath(), name);
  }

  /** Waits until everything of the runtime runs, the sandbox's own first process too. */
  RuntimeDirectory awaitUp(RuntimeName name) throws IOException {
    RuntimeDirectory directory = directory(name);
    Eventually.await(
        () -> "up: " + log(directory),
        () ->
            log(directory.path().resolve("sandbox.log")).contains("launcher")
                && log(directory.agent().resolve("agent.log")).contains("agent"));
    return directory;
  }

  static String log(RuntimeDirectory directory) {
    return log(directory.supervisorLog()) + log(directory.path().resolve("sandbox.log"));
  }

  static String log(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Waits until the launcher says that the runtime has ended. */
  static RuntimeView.Ended awaitEnd(LocalLauncher launcher, RuntimeName name) {
    Eventually.await("end of " + name, () -> view(launcher, name) instanceof RuntimeView.Ended);
    return (RuntimeView.Ended) view(launcher, name);
  }

  static RuntimeView view(LocalLauncher launcher, RuntimeName name) {
    return launcher.list().stream()
        .filter(view -> view.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** All processes that have anything to do with a runtime, by their lock, group or records. */
  List<ProcessIdentity> processes(RuntimeName name) throws IOException {
    Remains remains = new Remains(cgroups);
    List<ProcessIdentity> processes = new ArrayList<>(remains.of(directory(name)));
    processes.addAll(remains.holders(directory(name)));
    return processes;
  }

  java.util.Set<ProcessIdentity> holders(RuntimeDirectory directory) {
    return new Remains(cgroups).holders(directory);
  }

  /** What is left of the runtime in the control groups of this machine. */
  List<Path> groups(RuntimeName name) throws IOException {
    try (var all = Files.walk(Path.of("/sys/fs/cgroup"), 3)) {
      return all.filter(path -> path.endsWith(name.toString())).toList();
    }
  }

  @Override
  public void close() throws IOException {
    for (LocalLauncher launcher : launchers) {
      for (RuntimeView view : launcher.list()) {
        RuntimeDirectory directory = directory(view.name());
        Eventually.await(
            "end of " + view.name(),
            () -> {
              // It may still be about to begin.
              directory.supervisor().ifPresent(ProcessIdentity::kill);
              return view(launcher, view.name()) instanceof RuntimeView.Ended;
            });
        launcher.remove(view.name());
      }
    }
    Eventually.await("all deleted", () -> isEmpty(home.resolve("runtimes")));
  }

  private static boolean isEmpty(Path directory) {
    try (var files = Files.list(directory)) {
      return files.findAny().isEmpty();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
