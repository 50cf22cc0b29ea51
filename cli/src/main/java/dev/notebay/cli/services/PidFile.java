package dev.notebay.cli.services;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Which process a service is. Beside the process id it keeps when the process started and in which
 * boot of the machine, so that another process which got the same id later is never taken for it.
 */
final class PidFile {
  private final Path file;

  PidFile(Path file) {
    this.file = file;
  }

  /**
   * Remembers a process that runs now.
   *
   * @param build of what it was started
   */
  void write(long pid, String build) throws IOException {
    String identity = identityOf(pid).orElse("");
    Files.createDirectories(file.getParent());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(next, pid + "\n" + identity + "\n" + build + "\n");
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The remembered process, if it still runs. */
  Optional<ProcessHandle> process() {
    try {
      var lines = Files.readAllLines(file);
      if (lines.size() < 2) {
        return Optional.empty();
      }
      long pid = Long.parseLong(lines.getFirst().strip());
      return identityOf(pid).filter(lines.get(1)::equals).flatMap(same -> ProcessHandle.of(pid));
    } catch (IOException | NumberFormatException none) {
      return Optional.empty();
    }
  }

  /** The build that the remembered process was started of, where that is known. */
  Optional<String> build() {
    try {
      var lines = Files.readAllLines(file);
      return lines.size() < 3 ? Optional.empty() : Optional.of(lines.get(2));
    } catch (IOException none) {
      return Optional.empty();
    }
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  /** When a process started, in this boot; empty for one that has ended. */
  static Optional<String> identityOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      if (fields[0].equals("Z") || fields[0].equals("X")) {
        return Optional.empty();
      }
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      return Optional.of(boot + " " + fields[19]);
    } catch (IOException | IndexOutOfBoundsException gone) {
      return Optional.empty();
    }
  }
}
