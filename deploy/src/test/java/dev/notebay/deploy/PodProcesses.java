package dev.notebay.deploy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Plays a kubelet that runs a pod's containers as processes of this machine: their commands,
 * environments and directories are the pod's; volumes are temporary directories, and every path
 * that lies in one is written as it is here. Where this user may, each runs as its container's user
 * and group, on directories that belong to the pod's group.
 */
final class PodProcesses implements AutoCloseable {
  private static final long END_SECONDS = 10;
  private static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));

  private final Pod pod;
  private final Path directory;
  private final Map<String, String> fields;
  private final List<Process> processes = new ArrayList<>();

  /**
   * @param directory empty, and with a short name, for sockets are in it
   * @param fields what the downward interface tells, by path
   */
  PodProcesses(Pod pod, Path directory, Map<String, String> fields)
      throws IOException, InterruptedException {
    this.pod = pod;
    this.directory = directory;
    this.fields = fields;
    for (Volume volume : pod.getSpec().getVolumes()) {
      Files.createDirectory(volume(volume.getName()));
    }
    Files.createFile(lastWords());
    if (IS_ROOT) {
      String group = Long.toString(pod.getSpec().getSecurityContext().getFsGroup());
      run("chgrp", "-R", group, directory.toString());
      run("chmod", "-R", "u+rwX,g+rwXs,o+rX", directory.toString());
    }
  }

  /** Where a volume is. */
  Path volume(String name) {
    return directory.resolve(name);
  }

  /** What the kubelet would take for a container's termination message. */
  Path lastWords() {
    return directory.resolve("last-words");
  }

  Container container(String name) {
    return java.util.stream.Stream.concat(
            pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
        .filter(container -> container.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Starts a container.
   *
   * @param image what its image has as entry point, and adds to its environment
   */
  Process start(
      String name, List<String> entrypoint, Path workingDirectory, Map<String, String> image)
      throws IOException {
    Container container = container(name);
    List<String> command = new ArrayList<>();
    if (IS_ROOT) {
      String user = Long.toString(container.getSecurityContext().getRunAsUser());
      String group = Long.toString(container.getSecurityContext().getRunAsGroup());
      command.addAll(
          List.of(
              "setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs"));
    }
    command.addAll(
        container.getCommand().isEmpty() ? entrypoint : here(container, container.getCommand()));
    command.addAll(here(container, container.getArgs()));
    var builder =
        new ProcessBuilder(command)
            .directory(workingDirectory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log(name).toFile());
    builder.environment().clear();
    builder.environment().putAll(image);
    for (EnvVar variable : container.getEnv()) {
      builder.environment().put(variable.getName(), value(container, variable));
    }
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  Path log(String container) {
    return directory.resolve(container + ".log");
  }

  private String value(Container container, EnvVar variable) {
    if (variable.getValueFrom() == null) {
      return here(container, variable.getValue());
    }
    String field = variable.getValueFrom().getFieldRef().getFieldPath();
    return Objects.requireNonNull(fields.get(field), field);
  }

  private List<String> here(Container container, List<String> texts) {
    return texts.stream().map(text -> here(container, text)).toList();
  }

  private String here(Container container, String text) {
    if (text.equals(container.getTerminationMessagePath())) {
      return lastWords().toString();
    }
    return container.getVolumeMounts().stream()
        .filter(mount -> (text + "/").startsWith(mount.getMountPath() + "/"))
        .max(Comparator.comparing(mount -> mount.getMountPath().length()))
        .map(mount -> volume(mount.getName()) + text.substring(mount.getMountPath().length()))
        // What a kubelet makes of a dollar sign that is no reference.
        .orElse(text.replace("$$", "$"));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": exit code " + process.exitValue());
    }
  }

  @Override
  public void close() throws InterruptedException {
    for (Process process : processes) {
      process.destroy();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }
}
