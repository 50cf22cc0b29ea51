package dev.notebay.agent.config;

import dev.notebay.agent.files.Umask;
import dev.notebay.agent.launcher.LauncherKernels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * The agent as the sidecar of a Kubernetes pod.
 *
 * <ol>
 *   <li>It copies the kernel launcher to where the kernels' container can read it. That container
 *       is not started before this one says that it is ready, which is once its claim was granted:
 *       so nothing of a runtime that may not be touches devices.
 *   <li>It serves, as elsewhere. Its token is read anew for every dial, because the kubelet renews
 *       it.
 *   <li>When the session has ended, it says why, ends the launcher and with it the pod, and waits
 *       to be ended: a sidecar that exits by itself is only started again. So does one that is
 *       started after the end.
 * </ol>
 *
 * @param source the launcher as the image has it
 * @param python where the kernels' container looks for it
 * @param link directory of the launcher's socket
 * @param lastWords where the kubelet looks for why a container has ended
 */
record PodRuntime(
    AgentSettings settings, Path source, Path python, Path link, Path state, Path lastWords) {
  /** The launcher's user is another one, of the same group. */
  private static final int GROUP_WRITES = 0002;

  private static final String PUBLIC_KEY = "NOTEBAY_JWT_PUBLIC_KEY";

  /**
   * What a container's environment says.
   *
   * @throws AgentSettings.Wrong if something is missing or wrong
   */
  static PodRuntime from(Map<String, String> environment) throws IOException {
    Path state = directory(environment, "NOTEBAY_RUNTIME_STATE");
    Path token = directory(environment, "NOTEBAY_RUNTIME_TOKEN_FILE");
    Path publicKey = state.resolve("jwt-public.pem");
    Files.createDirectories(state);
    if (environment.containsKey(PUBLIC_KEY)) {
      Files.writeString(publicKey, environment.get(PUBLIC_KEY));
    }
    return new PodRuntime(
        AgentSettings.ofPod(environment, () -> read(token), publicKey),
        Path.of("python"),
        directory(environment, "NOTEBAY_RUNTIME_PYTHON"),
        directory(environment, "NOTEBAY_RUNTIME_LINK"),
        state,
        directory(environment, "NOTEBAY_RUNTIME_LAST_WORDS"));
  }

  private static Path directory(Map<String, String> environment, String variable) {
    String value = environment.get(variable);
    if (value == null || value.isBlank()) {
      throw new AgentSettings.Wrong(variable, "missing", "a path");
    }
    return Path.of(value);
  }

  private static String read(Path token) {
    try {
      return Files.readString(token).strip();
    } catch (IOException unreadable) {
      throw new UncheckedIOException("the pod's token cannot be read", unreadable);
    }
  }

  /** Serves until the process is ended from outside. */
  void run() throws IOException {
    Umask.set(GROUP_WRITES);
    if (Files.exists(state.resolve("end.json"))) {
      sayLastWords();
    } else {
      bringLauncher();
      RuntimeAgent.start(settings, link, state, LauncherKernels::endLauncher, _ -> sayLastWords());
      Files.setPosixFilePermissions(
          link.resolve(RuntimeAgent.SOCKET), PosixFilePermissions.fromString("rw-rw----"));
    }
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private void sayLastWords() {
    try {
      // Written and not moved: the kubelet has mounted a file there.
      Files.write(lastWords, Files.readAllBytes(state.resolve("end.json")));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Whole or not at all: an agent that is started again may find kernels that run from it. */
  void bringLauncher() throws IOException {
    try (Stream<Path> packages = Files.list(source)) {
      for (Path each : packages.toList()) {
        Path there = python.resolve(each.getFileName());
        if (!Files.exists(there)) {
          Path fresh = python.resolve("." + each.getFileName() + ".new");
          copy(each, fresh);
          Files.move(fresh, there, StandardCopyOption.ATOMIC_MOVE);
        }
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
