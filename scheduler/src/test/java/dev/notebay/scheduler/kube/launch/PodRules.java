package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a session's pod must be: the profile <i>restricted</i> of the Pod Security Standards (as of
 * Kubernetes 1.36), read field by field, and our own rules. It knows nothing of how pods are built.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/security/pod-security-standards/">Pod Security
 *     Standards</a>
 */
public final class PodRules {
  private static final Set<String> VOLUME_TYPES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "persistentVolumeClaim",
          "projected",
          "secret");

  /** Of the standard's volume types those that we have a use for. */
  private static final Set<String> OUR_VOLUME_TYPES =
      Set.of("emptyDir", "persistentVolumeClaim", "projected");

  private static final List<String> LIMITS = List.of("cpu", "memory", "ephemeral-storage");

  private final KubeSettings settings;
  private final List<String> broken = new ArrayList<>();

  private PodRules(KubeSettings settings) {
    this.settings = settings;
  }

  /** Every rule that the pod breaks, with the field; nothing where it is right. */
  public static List<String> broken(Pod pod, KubeSettings settings) {
    var rules = new PodRules(settings);
    rules.check(pod);
    return rules.broken;
  }

  private void check(Pod pod) {
    PodSpec spec = pod.getSpec();
    restricted(spec);
    allOf(spec).forEach(container -> restricted(container, spec));
    allOf(spec).forEach(this::ours);
    ours(pod);
  }

  private void restricted(PodSpec spec) {
    rule(isNotTrue(spec.getHostNetwork()), "hostNetwork");
    rule(isNotTrue(spec.getHostPID()), "hostPID");
    rule(isNotTrue(spec.getHostIPC()), "hostIPC");
    rule(spec.getEphemeralContainers().isEmpty(), "ephemeralContainers");
    for (Volume volume : spec.getVolumes()) {
      rule(VOLUME_TYPES.containsAll(types(volume)), "volume type " + types(volume));
    }
    var context = spec.getSecurityContext();
    rule(context.getSysctls().isEmpty(), "sysctls");
    rule(context.getSeLinuxOptions() == null, "pod seLinuxOptions");
    rule(context.getAppArmorProfile() == null, "pod appArmorProfile");
    rule(context.getWindowsOptions() == null, "pod windowsOptions");
    rule(Boolean.TRUE.equals(context.getRunAsNonRoot()), "pod runAsNonRoot");
    rule(isNotRoot(context.getRunAsUser()), "pod runAsUser");
    rule(
        context.getSeccompProfile() != null
            && context.getSeccompProfile().getType().equals("RuntimeDefault"),
        "pod seccompProfile");
  }

  private void restricted(Container container, PodSpec spec) {
    String name = container.getName();
    SecurityContext context = container.getSecurityContext();
    rule(isNotTrue(context.getPrivileged()), name + " privileged");
    rule(
        Boolean.FALSE.equals(context.getAllowPrivilegeEscalation()),
        name + " allowPrivilegeEscalation");
    Capabilities capabilities = context.getCapabilities();
    rule(capabilities != null && capabilities.getDrop().contains("ALL"), name + " drop ALL");
    rule(capabilities == null || capabilities.getAdd().isEmpty(), name + " capabilities added");
    rule(!Boolean.FALSE.equals(context.getRunAsNonRoot()), name + " runAsNonRoot");
    rule(isNotRoot(context.getRunAsUser()), name + " runAsUser");
    rule(
        context.getSeccompProfile() == null
            ? spec.getSecurityContext().getSeccompProfile() != null
            : context.getSeccompProfile().getType().equals("RuntimeDefault"),
        name + " seccompProfile");
    rule(context.getProcMount() == null, name + " procMount");
    rule(context.getSeLinuxOptions() == null, name + " seLinuxOptions");
    rule(context.getAppArmorProfile() == null, name + " appArmorProfile");
    rule(context.getWindowsOptions() == null, name + " windowsOptions");
    rule(
        container.getPorts().stream().allMatch(port -> port.getHostPort() == null),
        name + " hostPort");
    rule(container.getLifecycle() == null, name + " lifecycle");
    Stream.of(
            container.getStartupProbe(),
            container.getLivenessProbe(),
            container.getReadinessProbe())
        .filter(probe -> probe != null && probe.getHttpGet() != null)
        .forEach(probe -> rule(probe.getHttpGet().getHost() == null, name + " probe's host"));
  }

  private void ours(Container container) {
    String name = container.getName();
    SecurityContext context = container.getSecurityContext();
    rule(
        Boolean.TRUE.equals(context.getReadOnlyRootFilesystem()), name + " readOnlyRootFilesystem");
    for (String resource : LIMITS) {
      rule(container.getResources().getLimits().containsKey(resource), name + " limit " + resource);
    }
    rule(container.getEnvFrom().isEmpty(), name + " envFrom");
    rule(container.getVolumeDevices().isEmpty(), name + " volumeDevices");
    rule(
        container.getEnv().stream()
            .allMatch(
                variable ->
                    variable.getValueFrom() == null
                        || (variable.getValueFrom().getFieldRef() != null
                            && variable.getValue() == null)),
        name + " env from elsewhere");
    rule(
        container.getEnv().stream().map(variable -> variable.getName()).distinct().count()
            == container.getEnv().size(),
        name + " env twice");
    rule(
        container.getVolumeMounts().stream()
            .allMatch(mount -> mount.getSubPath() == null && mount.getSubPathExpr() == null),
        name + " subPath");
  }

  private void ours(Pod pod) {
    PodSpec spec = pod.getSpec();
    Map<String, String> labels = pod.getMetadata().getLabels();
    rule(Labels.NOTEBAY.equals(labels.get(Labels.MANAGED_BY)), "label " + Labels.MANAGED_BY);
    rule(
        settings.installation().equals(labels.get(Labels.INSTALLATION)),
        "label " + Labels.INSTALLATION);
    rule(
        ("s" + labels.get(Labels.SESSION) + "-" + labels.get(Labels.ATTEMPT))
            .equals(pod.getMetadata().getName()),
        "name of session and attempt");
    rule(settings.namespace().equals(pod.getMetadata().getNamespace()), "namespace");
    rule(Labels.SCHEDULER_NAME.equals(spec.getSchedulerName()), "schedulerName");
    rule(spec.getNodeName() == null, "nodeName");
    rule("Never".equals(spec.getRestartPolicy()), "restartPolicy");
    rule(
        Boolean.FALSE.equals(spec.getAutomountServiceAccountToken()),
        "automountServiceAccountToken");
    rule(Boolean.FALSE.equals(spec.getEnableServiceLinks()), "enableServiceLinks");
    rule(isNotTrue(spec.getShareProcessNamespace()), "shareProcessNamespace");
    rule(spec.getPriorityClassName() == null, "priorityClassName");
    rule(spec.getHostAliases().isEmpty(), "hostAliases");
    for (Volume volume : spec.getVolumes()) {
      rule(OUR_VOLUME_TYPES.containsAll(types(volume)), "volume type " + types(volume));
      rule(
          volume.getEmptyDir() == null || volume.getEmptyDir().getSizeLimit() != null,
          "sizeLimit of " + volume.getName());
    }
    images(spec);
    token(spec);
  }

  private void images(PodSpec spec) {
    rule(
        names(spec.getInitContainers()).equals(List.of("agent"))
            && names(spec.getContainers()).equals(List.of("kernel")),
        "containers");
    rule(
        spec.getInitContainers().stream()
            .allMatch(
                container ->
                    container.getImage().equals(settings.images().agent())
                        && "Always".equals(container.getRestartPolicy())),
        "agent");
    rule(
        spec.getContainers().stream()
            .allMatch(container -> settings.images().allows(container.getImage())),
        "image");
  }

  /** Only the agent sees it, and it is no use for anything but the scheduler. */
  private void token(PodSpec spec) {
    Set<String> tokens = new TreeSet<>();
    for (Volume volume : spec.getVolumes()) {
      if (volume.getProjected() != null) {
        tokens.add(volume.getName());
        volume
            .getProjected()
            .getSources()
            .forEach(
                source ->
                    rule(
                        source.getServiceAccountToken() != null
                            && settings
                                .scheduler()
                                .tokenAudience()
                                .equals(source.getServiceAccountToken().getAudience()),
                        "projected source of " + volume.getName()));
      }
    }
    rule(
        spec.getContainers().stream()
            .flatMap(container -> container.getVolumeMounts().stream())
            .noneMatch(mount -> tokens.contains(mount.getName())),
        "a token in the kernel's container");
    rule(
        spec.getContainers().stream()
            .flatMap(container -> container.getVolumeMounts().stream())
            .filter(mount -> Set.of("python", "link").contains(mount.getName()))
            .allMatch(mount -> Boolean.TRUE.equals(mount.getReadOnly())),
        "what the agent gives is read-only");
  }

  private void rule(boolean holds, String what) {
    if (!holds) {
      broken.add(what);
    }
  }

  private static Stream<Container> allOf(PodSpec spec) {
    return Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream());
  }

  private static List<String> names(List<Container> containers) {
    return containers.stream().map(Container::getName).toList();
  }

  private static Set<String> types(Volume volume) {
    Set<String> fields = new TreeSet<>();
    Serialization.jsonMapper().valueToTree(volume).fieldNames().forEachRemaining(fields::add);
    fields.remove("name");
    return fields;
  }

  private static boolean isNotTrue(@Nullable Boolean value) {
    return !Boolean.TRUE.equals(value);
  }

  private static boolean isNotRoot(@Nullable Long user) {
    return user == null || user > 0;
  }
}
