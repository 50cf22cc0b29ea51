package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.postgres.InstallationStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Sees to it that this state directory and this database belong together. With the wrong database
 * every runtime would look like one that nobody wants, and be ended.
 */
final class InstallationCheck {
  private final Path file;
  private final Path runtimes;
  private final InstallationStore store;

  InstallationCheck(Path home, InstallationStore store) {
    this.file = home.resolve("run").resolve("installation-id");
    this.runtimes = home.resolve("runtimes");
    this.store = store;
  }

  /**
   * Marks what is new, and takes over what has nothing to lose.
   *
   * @throws SettingException when there are runtimes that the database cannot know
   */
  void run() throws IOException {
    Optional<UUID> here = here();
    UUID there = store.idOrElse(here.orElseGet(UUID::randomUUID), this::requireNoRuntimes);
    if (here.isEmpty() || !here.get().equals(there)) {
      if (here.isPresent()) {
        requireNoRuntimes();
      }
      write(there);
    }
  }

  private Optional<UUID> here() throws IOException {
    try {
      return Files.exists(file)
          ? Optional.of(UUID.fromString(Files.readString(file).strip()))
          : Optional.empty();
    } catch (IllegalArgumentException damaged) {
      throw new SettingException(file + " is damaged (expected: a UUID); remove it");
    }
  }

  private void write(UUID id) throws IOException {
    Files.createDirectories(file.getParent());
    // Not one name for all: several schedulers may start at once.
    Path temporary = Files.createTempFile(file.getParent(), "installation-id", ".new");
    Files.writeString(temporary, id + "\n");
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void requireNoRuntimes() {
    if (!Files.isDirectory(runtimes)) {
      return;
    }
    try (Stream<Path> left = Files.list(runtimes)) {
      long count = left.filter(path -> path.getFileName().toString().startsWith("s")).count();
      if (count > 0 && Files.exists(file)) {
        throw new SettingException(
            "this database does not know the "
                + count
                + " runtimes in "
                + runtimes
                + "; set NOTEBAY_DB_URL as it was when they were started, or end them: ./notebay down --force");
      }
    } catch (IOException unreadable) {
      throw new SettingException("cannot read " + runtimes + ": " + unreadable.getMessage());
    }
  }
}
