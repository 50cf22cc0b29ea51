package dev.notebay.scheduler.local;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Deletes the directories of ended runtimes, which may be large: taken away at once by renaming,
 * then emptied aside. What a killed scheduler left half deleted is deleted by the next one.
 */
final class Trash {
  private static final Logger LOG = Logger.getLogger(Trash.class);
  private static final String PREFIX = ".removed-";

  private final Path runtimes;

  Trash(Path runtimes) {
    this.runtimes = runtimes;
  }

  /** Takes a directory away and begins to delete it. */
  void take(RuntimeDirectory directory) throws IOException {
    Path aside = runtimes.resolve(PREFIX + directory.name() + "-" + UUID.randomUUID());
    Files.move(directory.path(), aside, StandardCopyOption.ATOMIC_MOVE);
    Thread.ofVirtual().name("trash").start(() -> delete(aside));
  }

  /** Begins to delete what was taken away before. */
  void empty() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(runtimes, PREFIX + "*")) {
      for (Path aside : left) {
        Thread.ofVirtual().name("trash").start(() -> delete(aside));
      }
    }
  }

  private static void delete(Path aside) {
    // By the system's own tools: they descend into trees deeper than any path may be long.
    try {
      List<String> doomed = new ArrayList<>(List.of(aside.toString()));
      Path scratch = aside.resolve("scratch");
      if (Files.isSymbolicLink(scratch)) {
        doomed.addFirst(Files.readSymbolicLink(scratch).toString());
      }
      for (String directory : doomed) {
        if (run("rm", "-rf", "--one-file-system", "--", directory) != 0) {
          // A directory that its owner has forbidden to himself.
          int changed = run("chmod", "-R", "u+rwX", "--", directory);
          int removed = run("rm", "-rf", "--one-file-system", "--", directory);
          if (changed != 0 || removed != 0) {
            LOG.warnf("directory of an ended runtime not deleted path=%s", directory);
          }
        }
      }
    } catch (IOException failure) {
      LOG.warnf(failure, "directory of an ended runtime not deleted path=%s", aside);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
