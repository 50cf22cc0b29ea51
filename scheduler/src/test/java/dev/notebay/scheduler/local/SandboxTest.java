package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Code in a real sandbox tries what it must not be able to do, and what it must. */
@Timeout(120)
class SandboxTest {
  @TempDir Path temporary;

  @Test
  void holdsEveryProbe() throws Exception {
    try (var machine = new LocalMachine(temporary, probes())) {
      holdsEveryProbe(machine);
    }
  }

  @Test
  void holdsEveryProbeWhereNotebayDoesNotRunAsRoot() throws Exception {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    var none = Cgroups.detect(temporary.resolve("none"));
    var bubblewrap = new SandboxCheck("/usr/bin:/bin").run();
    try (var machine = new LocalMachine(temporary, probes(), Optional.of(bubblewrap), none)) {
      machine.runAs("nobody");
      holdsEveryProbe(machine);
    }
  }

  private void holdsEveryProbe(LocalMachine machine) throws Exception {
    try (ServerSocket listener = new ServerSocket(0);
        AbstractListener _ = new AbstractListener()) {
      LocalLauncher launcher = machine.launcher();
      Path volume = Files.createDirectories(temporary.resolve("volumes/u1"));
      Files.writeString(volume.resolve("here"), "from before");
      LaunchRequest neighbour = LocalMachine.request();
      LaunchRequest request =
          LocalMachine.request(LocalMachine.request().name(), Optional.of(volume.toString()));
      plant(machine, neighbour, request, listener);
      launcher.launch(neighbour);
      Files.setPosixFilePermissions(volume, PosixFilePermissions.fromString("rwxrwxrwx"));

      launcher.launch(request);

      RuntimeDirectory directory = machine.directory(request.name());
      Path log = directory.path().resolve("sandbox.log");
      Eventually.await(
          () -> "probes done: " + LocalMachine.log(directory),
          () -> LocalMachine.log(log).contains("done\n"));
      List<String> probes =
          LocalMachine.log(log).lines().filter(line -> !line.equals("done")).toList();
      assertThat(probes).hasSizeGreaterThan(80).allMatch(line -> line.endsWith(" HELD"));
      assertThat(LocalMachine.log(directory)).doesNotContain("condition: no network");
      assertThat(volume.resolve("mine")).hasContent("x");
      assertThat(directory.content().resolve("mine")).hasContent("x");
    }
  }

  private static void plant(
      LocalMachine machine, LaunchRequest neighbour, LaunchRequest request, ServerSocket listener)
      throws Exception {
    JsonObjectBuilder secrets = Json.createObjectBuilder();
    for (String file :
        List.of(
            "keys/installation.key",
            "keys/jwt-private.pem",
            "postgres/connection.properties",
            "volumes/u2/diary",
            "logs/scheduler.log")) {
      Path path = machine.home.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, "secret");
      secrets.add(file.replaceAll("[^a-z0-9]", "_"), path.toString());
    }
    RuntimeDirectory own = machine.directory(request.name());
    RuntimeDirectory other = machine.directory(neighbour.name());
    secrets
        .add("own_agent_properties", own.agentProperties().toString())
        .add("own_supervisor_file", own.supervisorFile().toString())
        .add("neighbours_agent_properties", other.agentProperties().toString());
    JsonArrayBuilder addresses = Json.createArrayBuilder();
    for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
      for (InetAddress address : network.inetAddresses().toList()) {
        if (address instanceof Inet4Address && !address.isLoopbackAddress()) {
          addresses.add(address.getHostAddress());
        }
      }
    }
    Files.writeString(
        machine.python().resolve("targets.json"),
        Json.createObjectBuilder()
            .add("secrets", secrets)
            .add(
                "directories",
                Json.createObjectBuilder()
                    .add("state_directory", machine.home.toString())
                    .add("users_home", System.getProperty("user.home"))
                    .add("own_runtime_directory", own.path().toString())
                    .add("neighbours_content", other.content().toString())
                    .add("working_directory", Path.of("").toAbsolutePath().toString()))
            .add("pid", ProcessHandle.current().pid())
            .add("port", listener.getLocalPort())
            .add("addresses", addresses)
            .add("abstract", AbstractListener.NAME)
            .add("null", (long) Files.getAttribute(Path.of("/dev/null"), "unix:ino"))
            .add("network", new SandboxCheck("/usr/bin:/bin").run().slirp4netns().isPresent())
            .build()
            .toString());
  }

  /** A unix socket without a file, which only the network namespace keeps apart. */
  private static final class AbstractListener implements AutoCloseable {
    static final String NAME = "notebay-test-" + ProcessHandle.current().pid();

    private final Process process;

    AbstractListener() throws IOException {
      String script =
          """
          import socket, sys
          server = socket.socket(socket.AF_UNIX)
          server.bind("\\0" + sys.argv[1])
          server.listen()
          print("listens", flush=True)
          sys.stdin.read()
          """;
      process = new ProcessBuilder("/usr/bin/python3", "-c", script, NAME).start();
      assertThat(process.inputReader().readLine()).isEqualTo("listens");
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private static String probes() throws Exception {
    return Files.readString(Path.of("src/test/resources/sandbox_probes.py"));
  }
}
