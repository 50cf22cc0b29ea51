package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.AcceleratorClass;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Toleration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Settings and requests of a small installation, for tests. */
final class Pods {
  static final String AGENT_IMAGE = "registry.example.org/notebay/agent:1";
  static final String USUAL_IMAGE = "registry.example.org/notebay/runtime:1";
  static final RuntimeName NAME = new RuntimeName(new SessionId(new UUID(7, 7)), 1);

  private static final Toleration GPU_NODES =
      new Toleration(
          "nvidia.com/gpu",
          Toleration.Operator.EXISTS,
          "",
          Optional.of(Toleration.Effect.NO_SCHEDULE));

  static final KubeSettings SETTINGS = settings("notebay-sessions");

  private Pods() {}

  static KubeSettings settings(String namespace) {
    return new KubeSettings(
        "test",
        namespace,
        new KubeSettings.Images(
            AGENT_IMAGE, USUAL_IMAGE, List.of("registry.example.org/notebooks/*")),
        new KubeSettings.SchedulerAddress("notebay-scheduler.notebay.svc:7410", "notebay"),
        Optional.of(new KubeSettings.Jwt("https://id.example.org", "https://id.example.org/keys")),
        new KubeSettings.Defaults(List.of(), Map.of(), 10L << 30, Optional.empty()),
        List.of(
            new AcceleratorClass(
                "nvidia-a100",
                "nvidia.com/gpu",
                Map.of("nvidia.com/gpu.product", "A100"),
                List.of(GPU_NODES),
                Optional.of("nvidia")),
            new AcceleratorClass(
                "nvidia-a100-1g.5gb",
                "nvidia.com/mig-1g.5gb",
                Map.of(),
                List.of(),
                Optional.empty())),
        new KubeSettings.Storage(Optional.empty(), KubeSettings.AccessMode.READ_WRITE_ONCE));
  }

  static PodBuilder builder() {
    return new PodBuilder(SETTINGS, Optional.empty());
  }

  /** One with everything, so that whatever a person may choose has its place. */
  static LaunchRequest request(
      RuntimeName name,
      String node,
      Optional<String> claim,
      Optional<Image> image,
      Environment environment) {
    return new LaunchRequest(
        name,
        new Owner("ada"),
        new Accelerator("nvidia-a100", 2),
        new Compute(4000, 8L << 30),
        new Assignment(
            node, "nvidia-a100", List.of("nvidia.com/gpu-0", "nvidia.com/gpu-3"), Instant.EPOCH),
        claim,
        image,
        environment);
  }

  static LaunchRequest request(RuntimeName name) {
    return request(name, "node-1", Optional.empty(), Optional.empty(), Environment.NONE);
  }
}
