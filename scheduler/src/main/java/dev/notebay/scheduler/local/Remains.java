package dev.notebay.scheduler.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Finds the processes of a runtime whose supervisor cannot be asked any more: by what it wrote
 * down, by control group, and by who still has the runtime's lock open.
 */
final class Remains {
  /** In the environment of kernels that have no sandbox: the runtime they belong to. */
  static final String VARIABLE = "NOTEBAY_RUNTIME";

  private static final Path PROC = Path.of("/proc");

  private final Cgroups cgroups;

  Remains(Cgroups cgroups) {
    this.cgroups = cgroups;
  }

  /** All that is alive of the runtime, the supervisor too. */
  Set<ProcessIdentity> of(RuntimeDirectory runtime) {
    Set<ProcessIdentity> processes = new LinkedHashSet<>();
    runtime.supervisor().ifPresent(processes::add);
    processes.addAll(runtime.processes());
    processes.addAll(cgroups.processes(runtime.name()));
    processes.removeIf(process -> !process.isAlive());
    return processes;
  }

  /**
   * Those that hold the lock open or say in their environment whose they are; slow, because it
   * looks at every process of this user.
   */
  Set<ProcessIdentity> holders(RuntimeDirectory runtime) {
    Set<ProcessIdentity> holders = new LinkedHashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (process.equals(PROC.resolve(Long.toString(ProcessHandle.current().pid())))) {
          continue;
        }
        if (hasOpen(process, runtime.lock()) || isOf(process, runtime)) {
          ProcessIdentity.of(Long.parseLong(process.getFileName().toString()))
              .ifPresent(holders::add);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return holders;
  }

  private static boolean isOf(Path process, RuntimeDirectory runtime) {
    try {
      String variables = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
      return ("\0" + variables).contains("\0" + VARIABLE + "=" + runtime.name() + "\0");
    } catch (IOException gone) {
      return false;
    }
  }

  private static boolean hasOpen(Path process, Path file) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.readSymbolicLink(descriptor).equals(file)) {
          return true;
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException _) {
      // Gone, or somebody else's: not one of ours.
    }
    return false;
  }
}
