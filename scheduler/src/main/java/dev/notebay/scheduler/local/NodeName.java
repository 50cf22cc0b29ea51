package dev.notebay.scheduler.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The name of this machine as a node: the host's name when Notebay first ran, and that for ever.
 */
final class NodeName {
  private final Path directory;
  private final Path file;

  NodeName(Path home) {
    this.directory = home.resolve("run");
    this.file = directory.resolve("node-name");
  }

  /** The name that was kept, or {@code first}, which is kept from now on. */
  String keep(String first) throws IOException {
    if (Files.exists(file)) {
      String kept = Files.readString(file).strip();
      if (!kept.isEmpty()) {
        return kept;
      }
    }
    RuntimeDirectory.makePrivate(directory);
    // Whole or not at all: half a name would be another node. And not one name for all: several
    // schedulers may start at once.
    Path temporary = Files.createTempFile(directory, "node-name", ".new");
    Files.writeString(temporary, first + "\n");
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return first;
  }
}
