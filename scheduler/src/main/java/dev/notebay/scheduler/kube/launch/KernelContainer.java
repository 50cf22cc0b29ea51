package dev.notebay.scheduler.kube.launch;

import static dev.notebay.scheduler.kube.launch.PodVolumes.mount;
import static dev.notebay.scheduler.kube.launch.PodVolumes.mountReadOnly;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.kube.AcceleratorClass;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The main container: the person's image, whose Python runs the kernel launcher that the agent has
 * put into a shared directory. What it requests is what it may use, which is what was placed.
 */
final class KernelContainer {
  static final String LOCALE = "C.UTF-8";

  /** The agent, of the same group, writes to the files that kernels make, and they to its. */
  private static final String GROUP_WRITES = "002";

  private KernelContainer() {}

  static Container of(
      LaunchRequest request,
      String image,
      Optional<AcceleratorClass> accelerator,
      long ephemeralStorageBytes) {
    Map<String, Quantity> resources = new LinkedHashMap<>();
    resources.put("cpu", new Quantity(request.compute().cpuMilli() + "m"));
    resources.put("memory", new Quantity(Long.toString(request.compute().memoryBytes())));
    resources.put("ephemeral-storage", new Quantity(Long.toString(ephemeralStorageBytes)));
    accelerator.ifPresent(
        of ->
            resources.put(
                of.resource(),
                new Quantity(Integer.toString(request.assignment().devices().size()))));
    return new ContainerBuilder()
        .withName(PodParts.KERNEL)
        .withImage(image)
        .withImagePullPolicy("IfNotPresent")
        .withCommand(command(request.volume().isPresent()))
        .withWorkingDir(PodParts.CONTENT)
        .withEnv(variables(request, accelerator.isPresent()).list())
        .withNewResources()
        .withRequests(resources)
        .withLimits(resources)
        .endResources()
        .withSecurityContext(Confinement.ofContainer(Confinement.KERNEL_USER))
        .withVolumeMounts(mounts(request.volume().isPresent()))
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .build();
  }

  private static List<String> command(boolean volume) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "python3",
                "-I",
                "-S",
                PodParts.PYTHON + "/notebay_launcher",
                "--link",
                PodParts.LINK + "/agent.sock",
                "--scratch",
                PodParts.TEMPORARY + "/notebay",
                "--cwd",
                PodParts.CONTENT,
                "--umask",
                GROUP_WRITES));
    if (volume) {
      command.addAll(List.of("--volume", PodParts.VOLUME));
    }
    return command;
  }

  private static Variables variables(LaunchRequest request, boolean accelerated) {
    var variables = new Variables();
    variables.put("LANG", LOCALE);
    request.environment().variables().forEach(variables::put);
    variables
        .put("HOME", PodParts.HOME)
        .put("USER", Labels.NOTEBAY)
        .put("LOGNAME", Labels.NOTEBAY)
        // Else Debian's pip refuses to work outside of a virtual environment; it only writes to
        // HOME.
        .put("PIP_BREAK_SYSTEM_PACKAGES", "1");
    if (request.volume().isPresent()) {
      variables.put("NOTEBAY_VOLUME", PodParts.VOLUME);
    }
    if (!accelerated) {
      // Else images that say "all" get every GPU of a node whose usual runtime is NVIDIA's.
      variables.put("NVIDIA_VISIBLE_DEVICES", "void");
    }
    return variables;
  }

  private static List<VolumeMount> mounts(boolean volume) {
    List<VolumeMount> mounts =
        new ArrayList<>(
            List.of(
                mountReadOnly(PodVolumes.PYTHON, PodParts.PYTHON),
                mountReadOnly(PodVolumes.LINK, PodParts.LINK),
                mount(PodVolumes.CONTENT, PodParts.CONTENT),
                mount(PodVolumes.HOME, PodParts.HOME),
                mount(PodVolumes.TEMPORARY, PodParts.TEMPORARY),
                mount(PodVolumes.SHARED_MEMORY, PodParts.SHARED_MEMORY)));
    if (volume) {
      mounts.add(mount(PodVolumes.VOLUME, PodParts.VOLUME));
    }
    return mounts;
  }
}
