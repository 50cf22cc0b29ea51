package dev.notebay.scheduler.kube.launch;

import static dev.notebay.scheduler.kube.launch.PodVolumes.mount;
import static dev.notebay.scheduler.kube.launch.PodVolumes.mountReadOnly;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.kube.KubeSettings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sidecar: an init container that goes on and is started again for ever ({@code restartPolicy:
 * Always}). The kernel's container is not started before its start-up probe holds, which is once
 * the scheduler has granted its claim and the launcher lies in the shared directory.
 *
 * <p>It requests nothing, so that a node holds exactly what the scheduler has placed on it; its
 * limits are what its journals and buffers need at most.
 */
final class AgentContainer {
  private static final String READY = "/q/health/ready";
  private static final String LIVE = "/q/health/live";

  /** It asks for its claim meanwhile; time-outs are the scheduler's. */
  private static final int STARTUP_FAILURES = 900;

  private static final Map<String, Quantity> REQUESTS =
      Map.of(
          "cpu", new Quantity("0"),
          "memory", new Quantity("0"),
          "ephemeral-storage", new Quantity("0"));
  private static final Map<String, Quantity> LIMITS =
      Map.of(
          "cpu", new Quantity("1"),
          "memory", new Quantity("512Mi"),
          "ephemeral-storage", new Quantity("6Gi"));

  /** Of one kernel's journal; some kernels' together must stay below the limit above. */
  private static final long JOURNAL_BYTES = 1L << 30;

  private AgentContainer() {}

  static Container of(LaunchRequest request, KubeSettings settings, Optional<String> publicKey) {
    List<VolumeMount> mounts =
        new ArrayList<>(
            List.of(
                mount(PodVolumes.STATE, PodParts.STATE),
                mount(PodVolumes.AGENT_TEMPORARY, PodParts.TEMPORARY),
                mount(PodVolumes.PYTHON, PodParts.PYTHON),
                mount(PodVolumes.LINK, PodParts.LINK),
                mount(PodVolumes.CONTENT, PodParts.CONTENT),
                mountReadOnly(PodVolumes.TOKEN, PodParts.TOKEN)));
    request.volume().ifPresent(_ -> mounts.add(mount(PodVolumes.VOLUME, PodParts.VOLUME)));
    return new ContainerBuilder()
        .withName(PodParts.AGENT)
        .withImage(settings.images().agent())
        .withImagePullPolicy("IfNotPresent")
        .withRestartPolicy("Always")
        .withArgs("--pod")
        .withEnv(variables(request, settings, publicKey).list())
        .addNewPort()
        .withName("jupyter")
        .withContainerPort(PodParts.PORT)
        .withProtocol("TCP")
        .endPort()
        .withNewResources()
        .withRequests(REQUESTS)
        .withLimits(LIMITS)
        .endResources()
        .withSecurityContext(Confinement.ofContainer(Confinement.AGENT_USER))
        .withVolumeMounts(mounts)
        .withNewStartupProbe()
        .withNewHttpGet()
        .withPath(READY)
        .withNewPort(PodParts.PORT)
        .endHttpGet()
        .withPeriodSeconds(1)
        .withTimeoutSeconds(2)
        .withFailureThreshold(STARTUP_FAILURES)
        .endStartupProbe()
        .withNewLivenessProbe()
        .withNewHttpGet()
        .withPath(LIVE)
        .withNewPort(PodParts.PORT)
        .endHttpGet()
        .withPeriodSeconds(20)
        .withTimeoutSeconds(10)
        .withFailureThreshold(6)
        .endLivenessProbe()
        .withTerminationMessagePath(PodParts.LAST_WORDS)
        .withTerminationMessagePolicy("File")
        .build();
  }

  private static Variables variables(
      LaunchRequest request, KubeSettings settings, Optional<String> publicKey) {
    var variables =
        new Variables()
            .put("LANG", KernelContainer.LOCALE)
            .put("HOME", PodParts.STATE)
            .put("NOTEBAY_SESSION_ID", request.name().session().toString())
            .put("NOTEBAY_SESSION_ATTEMPT", Integer.toString(request.name().attempt()))
            .putField("NOTEBAY_RUNTIME_UID", "metadata.uid")
            .put("NOTEBAY_RUNTIME_TOKEN_FILE", PodParts.TOKEN + "/token")
            .put("NOTEBAY_RUNTIME_LINK", PodParts.LINK)
            .put("NOTEBAY_RUNTIME_STATE", PodParts.STATE)
            .put("NOTEBAY_RUNTIME_PYTHON", PodParts.PYTHON)
            .put("NOTEBAY_RUNTIME_LAST_WORDS", PodParts.LAST_WORDS)
            .put("NOTEBAY_SCHEDULER_GRPC", settings.scheduler().address())
            .put("NOTEBAY_HTTP_HOST", "0.0.0.0")
            .put("NOTEBAY_HTTP_PORT", Integer.toString(PodParts.PORT))
            .putField("NOTEBAY_HTTP_ANNOUNCED", "status.podIP")
            .put("NOTEBAY_CONTENT_DIRECTORY", PodParts.CONTENT)
            .put("NOTEBAY_VOLUME_MOUNT", PodParts.VOLUME)
            .put("NOTEBAY_MEMORY_LIMIT_BYTES", Long.toString(request.compute().memoryBytes()))
            .put("NOTEBAY_JOURNAL_LIMIT_BYTES", Long.toString(JOURNAL_BYTES));
    request.volume().ifPresent(_ -> variables.put("NOTEBAY_VOLUME_DIRECTORY", PodParts.VOLUME));
    settings
        .jwt()
        .ifPresent(
            jwt ->
                variables
                    .put("NOTEBAY_JWT_ISSUER", jwt.issuer())
                    .put("NOTEBAY_JWT_KEYS", jwt.jwks()));
    if (settings.jwt().isEmpty()) {
      publicKey.ifPresent(key -> variables.put("NOTEBAY_JWT_PUBLIC_KEY", key));
    }
    return variables;
  }
}
