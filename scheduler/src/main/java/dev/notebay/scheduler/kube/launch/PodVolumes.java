package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.kube.KubeSettings;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;

/** The volumes of a session's pod: directories of its own, the agent's token, and the claim. */
final class PodVolumes {
  static final String PYTHON = "python";
  static final String LINK = "link";
  static final String CONTENT = "content";
  static final String HOME = "home";
  static final String TEMPORARY = "tmp";
  static final String SHARED_MEMORY = "shared-memory";
  static final String STATE = "agent-state";
  static final String AGENT_TEMPORARY = "agent-tmp";
  static final String TOKEN = "agent-token";
  static final String VOLUME = "volume";

  private static final long TOKEN_SECONDS = 3600;

  /** Readable by the agent's group. */
  private static final int TOKEN_MODE = 0440;

  private PodVolumes() {}

  static List<Volume> of(LaunchRequest request, KubeSettings settings, String claim) {
    var storage = new Quantity(Long.toString(settings.defaults().ephemeralStorageBytes()));
    List<Volume> volumes =
        new ArrayList<>(
            List.of(
                directory(PYTHON, new Quantity("16Mi")),
                directory(LINK, new Quantity("1Mi")),
                directory(CONTENT, storage),
                directory(HOME, storage),
                directory(TEMPORARY, storage),
                directory(STATE, new Quantity("6Gi")),
                directory(AGENT_TEMPORARY, new Quantity("256Mi")),
                memory(new Quantity(Long.toString(request.compute().memoryBytes()))),
                token(settings.scheduler().tokenAudience())));
    if (!claim.isEmpty()) {
      volumes.add(
          new VolumeBuilder()
              .withName(VOLUME)
              .withNewPersistentVolumeClaim()
              .withClaimName(claim)
              .endPersistentVolumeClaim()
              .build());
    }
    return volumes;
  }

  private static Volume directory(String name, Quantity limit) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withSizeLimit(limit)
        .endEmptyDir()
        .build();
  }

  /** Counts as the kernel's memory. */
  private static Volume memory(Quantity limit) {
    return new VolumeBuilder()
        .withName(SHARED_MEMORY)
        .withNewEmptyDir()
        .withMedium("Memory")
        .withSizeLimit(limit)
        .endEmptyDir()
        .build();
  }

  private static Volume token(String audience) {
    return new VolumeBuilder()
        .withName(TOKEN)
        .withNewProjected()
        .withDefaultMode(TOKEN_MODE)
        .addNewSource()
        .withNewServiceAccountToken()
        .withAudience(audience)
        .withExpirationSeconds(TOKEN_SECONDS)
        .withPath("token")
        .endServiceAccountToken()
        .endSource()
        .endProjected()
        .build();
  }

  static VolumeMount mount(String volume, String path) {
    return new VolumeMountBuilder().withName(volume).withMountPath(path).build();
  }

  static VolumeMount mountReadOnly(String volume, String path) {
    return new VolumeMountBuilder().withName(volume).withMountPath(path).withReadOnly(true).build();
  }
}
