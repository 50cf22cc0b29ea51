package dev.notebay.reliability.planted;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The source texts of the modules whose bugs are planted. */
public final class Sources {
  private static final List<String> ROOTS =
      List.of(
          "scheduler/src/main/java",
          "scheduler/src/test/java",
          "runtime-agent/src/main/java",
          "reliability/src/main/java",
          "reliability/src/test/java");

  private final Path repository;

  /**
   * @param repository the directory that has the modules
   */
  public Sources(Path repository) {
    this.repository = repository;
  }

  /**
   * Those of the repository that the system property {@code reliability.repository} names, else of
   * the one in one of whose modules this process runs.
   */
  public static Sources ofThisBuild() {
    String named = System.getProperty("reliability.repository", "..");
    return new Sources(Path.of(named).toAbsolutePath().normalize());
  }

  /** The text of the file that has this top-level class. */
  String of(String type) {
    String file = type.replace('.', '/') + ".java";
    Path path =
        ROOTS.stream()
            .map(root -> repository.resolve(root).resolve(file))
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(
                () -> new IllegalStateException("no source of " + type + " below " + repository));
    try {
      return Files.readString(path);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + path, unreadable);
    }
  }
}
