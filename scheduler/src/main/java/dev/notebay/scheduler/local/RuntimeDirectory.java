package dev.notebay.scheduler.local;

import static dev.notebay.scheduler.local.JsonText.JSON;

import dev.notebay.scheduler.core.launch.RuntimeName;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The files of one runtime, and who may read them: only the user whom Notebay runs as. */
record RuntimeDirectory(RuntimeName name, Path path) {
  private static final String DIRECTORY_MODE = "rwx------";
  private static final String FILE_MODE = "rw-------";

  static RuntimeDirectory of(Path runtimes, RuntimeName name) {
    return new RuntimeDirectory(name, runtimes.resolve(name.toString()));
  }

  /** Makes the directories that are missing. */
  void make() throws IOException {
    for (Path directory : List.of(path, agent(), link(), content(), home(), temporary(), etc())) {
      makePrivate(directory);
    }
    if (!Files.exists(lock())) {
      try {
        Files.createFile(lock(), privateFile());
      } catch (FileAlreadyExistsException _) {
        // Somebody else starts the same runtime.
      }
    }
  }

  static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(DIRECTORY_MODE)));
  }

  /** Held by the supervisor and all that dies with it, for as long as any of them lives. */
  Path lock() {
    return path.resolve("lock");
  }

  Path agent() {
    return path.resolve("agent");
  }

  Path launchPlan() {
    return agent().resolve("launch.json");
  }

  Path systemCallFilter() {
    return agent().resolve("seccomp.bpf");
  }

  Path agentProperties() {
    return agent().resolve("agent.properties");
  }

  Path link() {
    return path.resolve("link");
  }

  Path content() {
    return path.resolve("content");
  }

  Path home() {
    return path.resolve("home");
  }

  Path temporary() {
    return path.resolve("tmp");
  }

  Path etc() {
    return path.resolve("etc");
  }

  /** Without a sandbox: a link to the directory of the kernels' sockets. */
  Path scratch() {
    return path.resolve("scratch");
  }

  Path supervisorFile() {
    return path.resolve("supervisor.json");
  }

  Path supervisorLog() {
    return path.resolve("supervisor.log");
  }

  Path exitFile() {
    return path.resolve("exit.json");
  }

  /** The supervisor that has, or had, the lock; empty before it took it. */
  Optional<ProcessIdentity> supervisor() {
    return read(supervisorFile()).map(RuntimeDirectory::identity);
  }

  /** The other processes that the supervisor started. */
  List<ProcessIdentity> processes() {
    return read(path.resolve("processes.json")).stream()
        .flatMap(file -> file.values().stream())
        .map(value -> value.asJsonObject())
        .filter(value -> !value.isNull("start_ticks"))
        .map(RuntimeDirectory::identity)
        .toList();
  }

  /** The process that has a role: agent, sandbox, init or network. */
  Optional<ProcessIdentity> process(String role) {
    return read(path.resolve("processes.json"))
        .filter(file -> file.containsKey(role))
        .map(file -> file.getJsonObject(role))
        .filter(value -> !value.isNull("start_ticks"))
        .map(RuntimeDirectory::identity);
  }

  Optional<JsonObject> exit() {
    return read(exitFile());
  }

  /** Writes a file that is there as a whole or not at all. */
  void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  void write(Path file, byte[] bytes) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".new");
    Files.createFile(temporary, privateFile());
    try {
      Files.write(temporary, bytes);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      Files.deleteIfExists(temporary);
      throw failure;
    }
  }

  private static FileAttribute<Set<PosixFilePermission>> privateFile() {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(FILE_MODE));
  }

  private static ProcessIdentity identity(JsonObject value) {
    return new ProcessIdentity(
        value.getJsonNumber("pid").longValue(), value.getJsonNumber("start_ticks").longValue());
  }

  private static Optional<JsonObject> read(Path file) {
    try (var text = Files.newBufferedReader(file);
        JsonReader reader = JSON.createReader(text)) {
      return Optional.of(reader.readObject());
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (JsonException failure) {
      if (failure.getCause() instanceof IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
      // Torn. Written by rename, so only a machine that lost power leaves one.
      return Optional.empty();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
