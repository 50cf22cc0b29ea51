package dev.notebay.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One installation of the distribution in a directory and on ports of its own. Everything in it is
 * done through the command line, as a person would.
 */
final class Place implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration COMMAND = Duration.ofMinutes(4);
  private final Path directory;
  private final Path distribution = Path.of(System.getProperty("notebay.distribution"));
  private final Map<String, String> environment = new HashMap<>();

  /** How a command ended. */
  record Result(int exit, String out, String err) {
    /** Everything it said, for messages of assertions. */
    String all() {
      return "exit " + exit + "\n" + out + err;
    }
  }

  /** A command that runs. */
  record Running(Process process, Path out, Path err) {
    String said() throws IOException {
      return Files.readString(out);
    }

    /** Waits until it has said this. */
    void awaitSaid(String text, Duration limit) throws Exception {
      try {
        await(text, limit, () -> said().contains(text));
      } catch (AssertionError never) {
        throw new AssertionError(said() + Files.readString(err), never);
      }
    }

    Result end() throws IOException, InterruptedException {
      if (!process.waitFor(COMMAND.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("no end after " + COMMAND + ": " + said() + Files.readString(err));
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  /**
   * Prepares a place; nothing is started.
   *
   * @param directory empty
   */
  Place(Path directory) throws IOException {
    this.directory = directory;
    environment.put("NOTEBAY_HOME", home().toString());
    environment.put("NOTEBAY_DIST", distribution.toString());
    environment.put("NOTEBAY_USER", "ada");
    environment.put("NOTEBAY_DECLARED_DEVICES", "nvidia-t4:2");
    for (String service : List.of("SCHEDULER", "STORAGE")) {
      environment.put("NOTEBAY_" + service + "_GRPC", "127.0.0.1:" + freePort());
      environment.put("NOTEBAY_" + service + "_HTTP", "127.0.0.1:" + freePort());
    }
  }

  Path home() {
    return directory.resolve("home");
  }

  /** From now on commands are this user's. */
  void as(String user) {
    environment.put("NOTEBAY_USER", user);
  }

  /** Runs a command to its end. */
  Result notebay(String... arguments) throws IOException, InterruptedException {
    return start(arguments).end();
  }

  /** Starts a command. */
  Running start(String... arguments) throws IOException {
    Path jar;
    try (var jars = Files.list(distribution.resolve("cli/lib"))) {
      jar =
          jars.filter(file -> file.getFileName().toString().startsWith("notebay-cli-"))
              .findFirst()
              .orElseThrow();
    }
    // As a person's shell starts it: what runs in the background ignores interrupts.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:AOTCache=" + distribution.resolve("cli/cli.aot"));
    command.add("@" + distribution.resolve("cli/cli.args"));
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    var builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("NOTEBAY_"));
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  /** Writes a notebook with one cell for each source. */
  Path notebook(String name, String... sources) throws IOException {
    var root = JSON.createObjectNode().put("nbformat", 4).put("nbformat_minor", 5);
    var cells = root.putArray("cells");
    for (int i = 0; i < sources.length; i++) {
      var cell = cells.addObject().put("cell_type", "code").put("id", "c" + i);
      cell.put("source", sources[i]).putNull("execution_count").putArray("outputs");
      cell.putObject("metadata");
    }
    root.putObject("metadata");
    return Files.writeString(directory.resolve(name), root.toString());
  }

  /** A copy of one of the project's examples. */
  Path example(String name) throws IOException {
    Path copy = directory.resolve(name);
    return Files.exists(copy)
        ? copy
        : Files.copy(Path.of(System.getProperty("notebay.examples"), name), copy);
  }

  /** The user's sessions, also those that have ended, newest first. */
  JsonNode sessions() throws IOException, InterruptedException {
    Result listed = notebay("session", "list", "--all", "--json");
    if (listed.exit() != 0) {
      throw new IOException(listed.all());
    }
    return JSON.readTree(listed.out());
  }

  /** What a service tells Prometheus. */
  String metrics(String service) throws IOException, InterruptedException {
    return read("http://" + environment.get("NOTEBAY_" + service + "_HTTP") + "/metrics");
  }

  /** What is at an address. */
  static String read(String address) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create(address)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /** Kills a service as a crash would. */
  void kill(String service) throws IOException {
    long pid =
        Long.parseLong(Files.readAllLines(home().resolve("run/" + service + ".pid")).getFirst());
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  /** Processes of this place whose command line contains a text. */
  List<ProcessHandle> processes(String text) {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              String line = commandLine(process);
              return line.contains(text)
                  && (line + workingDirectory(process)).contains(home().toString());
            })
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
              Path.of("/proc", Long.toString(process.pid()), "cmdline"),
              StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException gone) {
      return "";
    }
  }

  private static String workingDirectory(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
          .toString();
    } catch (IOException gone) {
      return "";
    }
  }

  /** Looks again and again until something is so. */
  static void await(String what, Duration limit, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    var never = new CountDownLatch(1);
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + limit + ": " + what);
      }
      if (never.await(100, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("nobody counts this down");
      }
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    as("ada");
    Result down = notebay("down", "--force");
    if (down.exit() != 0) {
      throw new AssertionError("down: " + down.all());
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
