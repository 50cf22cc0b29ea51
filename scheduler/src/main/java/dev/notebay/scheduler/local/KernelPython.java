package dev.notebay.scheduler.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The Python that kernels run on.
 *
 * @param executable its path
 * @param prefixes directories outside of {@code /usr} that it needs
 */
public record KernelPython(Path executable, List<Path> prefixes) {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Prints the executable and the directories of a Python that can run kernels. */
  private static final String QUESTION =
      """
      import importlib.util, os, sys
      if importlib.util.find_spec("ipykernel") is None:
          sys.exit("has no ipykernel")
      if sys.version_info < (3, 9):
          sys.exit("is older than 3.9")
      print("executable=" + sys.executable)
      for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, os.path.realpath(sys.executable))):
          print("prefix=" + prefix)
      """;

  public KernelPython {
    prefixes = List.copyOf(prefixes);
  }

  /** Thrown with what to do when no Python can run kernels. */
  public static final class NoKernelPython extends Exception {
    private static final long serialVersionUID = 1L;

    NoKernelPython(String message) {
      super(message);
    }
  }

  /**
   * The first that can import ipykernel: {@code NOTEBAY_PYTHON} where it is set, and no other then;
   * else {@code /usr/bin/python3}; else {@code python3} on the path.
   */
  public static KernelPython find(Optional<String> configured, String searchPath)
      throws NoKernelPython {
    List<String> candidates = new ArrayList<>();
    configured.ifPresentOrElse(
        candidates::add,
        () -> {
          candidates.add("/usr/bin/python3");
          for (String directory : searchPath.split(":")) {
            Path python = Path.of(directory, "python3");
            if (python.isAbsolute() && Files.isExecutable(python)) {
              candidates.add(python.toString());
            }
          }
        });
    List<String> refusals = new ArrayList<>();
    for (String candidate : candidates) {
      try {
        var answer = BoundedCommand.run(List.of(candidate, "-B", "-c", QUESTION), LIMIT);
        if (answer.status() == 0) {
          return parse(answer.output());
        }
        refusals.add(candidate + " " + answer.output().strip());
      } catch (IOException failure) {
        refusals.add(candidate + ": " + failure.getMessage());
      }
    }
    throw new NoKernelPython(
        "no Python can run kernels: "
            + String.join("; ", refusals)
            + ". Type: sudo apt-get install -y python3-ipykernel"
            + " (or set NOTEBAY_PYTHON to a Python that has ipykernel)");
  }

  private static KernelPython parse(String output) throws IOException {
    Path executable = null;
    List<Path> prefixes = new ArrayList<>();
    for (String line : output.lines().toList()) {
      if (line.startsWith("executable=")) {
        executable = Path.of(line.substring("executable=".length()));
      } else if (line.startsWith("prefix=")) {
        Path prefix = Path.of(line.substring("prefix=".length()));
        if (!prefix.startsWith("/usr") && !prefixes.contains(prefix)) {
          prefixes.add(prefix);
        }
      }
    }
    if (executable == null || !executable.isAbsolute()) {
      throw new IOException("does not say where it is: " + output);
    }
    return new KernelPython(executable, prefixes);
  }
}
