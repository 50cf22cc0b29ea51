package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher.LaunchException;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PodBuilderTest {
  private static final int SPECS = 10_000;
  private static final Volume HOST_PATH =
      new VolumeBuilder().withName("host").withNewHostPath("/", "Directory").build();

  private final PodBuilder builder = Pods.builder();

  @Test
  void everyValidRequestBecomesAPodThatFollowsTheRules() {
    long seed = System.nanoTime();
    System.out.println("random pods: seed " + seed);
    var random = new SplittableRandom(seed);
    for (int i = 0; i < SPECS; i++) {
      LaunchRequest request = random(random);
      Pod pod = builder.build(request);
      assertThat(PodRules.broken(pod, Pods.SETTINGS)).as("%s, seed %d", request, seed).isEmpty();
    }
  }

  @Test
  void theRulesNoticeEveryFieldThatIsLoosened() {
    List<Loosening> loosenings =
        List.of(
            pod -> pod.getSpec().setHostNetwork(true),
            pod -> pod.getSpec().setHostPID(true),
            pod -> pod.getSpec().setAutomountServiceAccountToken(null),
            pod -> pod.getSpec().setEnableServiceLinks(true),
            pod -> pod.getSpec().setSchedulerName("default-scheduler"),
            pod -> pod.getSpec().setRestartPolicy("Always"),
            pod -> pod.getSpec().getSecurityContext().setRunAsNonRoot(null),
            pod -> pod.getSpec().getSecurityContext().setRunAsUser(0L),
            pod -> pod.getSpec().getSecurityContext().getSeccompProfile().setType("Unconfined"),
            pod -> kernel(pod).getSecurityContext().setPrivileged(true),
            pod -> kernel(pod).getSecurityContext().setAllowPrivilegeEscalation(null),
            pod -> kernel(pod).getSecurityContext().getCapabilities().setDrop(List.of("KILL")),
            pod -> kernel(pod).getSecurityContext().getCapabilities().setAdd(List.of("SYS_ADMIN")),
            pod -> kernel(pod).getSecurityContext().setRunAsUser(0L),
            pod -> kernel(pod).getSecurityContext().setReadOnlyRootFilesystem(false),
            pod -> kernel(pod).getResources().setLimits(Map.of()),
            pod -> kernel(pod).setImage("docker.io/library/anything"),
            pod -> kernel(pod).getVolumeMounts().getFirst().setReadOnly(false),
            pod -> kernel(pod).getVolumeMounts().add(PodVolumes.mount(PodVolumes.TOKEN, "/token")),
            pod -> pod.getSpec().getVolumes().add(HOST_PATH),
            pod -> pod.getMetadata().setLabels(Map.of()),
            pod -> pod.getMetadata().setNamespace("kube-system"));
    for (Loosening loosening : loosenings) {
      Pod pod = Serialization.clone(builder.build(Pods.request(Pods.NAME)));
      loosening.on(pod);
      assertThat(PodRules.broken(pod, Pods.SETTINGS))
          .as("number %d", loosenings.indexOf(loosening))
          .isNotEmpty();
    }
  }

  private interface Loosening {
    void on(Pod pod);
  }

  @Test
  void noTextOfAPersonChangesAPodsStructure() {
    List<String> corpus = Injections.all();
    assertThat(corpus).hasSizeGreaterThanOrEqualTo(200).doesNotHaveDuplicates();
    JsonNode harmless = shape(builder.build(withText("harmless")));
    int passed = 0;
    for (String text : corpus) {
      if (Environment.fault("TEXT", text).isPresent()) {
        assertThatThrownBy(() -> withText(text)).isInstanceOf(IllegalArgumentException.class);
        continue;
      }
      passed++;
      Pod pod = builder.build(withText(text));
      assertThat(shape(pod)).as(text).isEqualTo(harmless);
      assertThat(PodRules.broken(pod, Pods.SETTINGS)).as(text).isEmpty();
      assertThat(seenByContainer(kernel(pod)).get("TEXT"))
          .as("what the kernel sees")
          .isEqualTo(text);
      Pod sent = Serialization.unmarshal(Serialization.asJson(pod), Pod.class);
      assertThat(sent).as("as it is sent: %s", text).isEqualTo(pod);
    }
    assertThat(passed).isGreaterThan(150);
  }

  @Test
  void whatNamesSomethingIsRefusedUnlessItIsAName() {
    List<String> noNames =
        Injections.all().stream().filter(text -> !text.matches("[a-z0-9][a-z0-9-]*")).toList();
    for (String text : noNames) {
      assertThatThrownBy(() -> new Environment(Map.of(text, "value")))
          .as("variable %s", text)
          .isInstanceOf(IllegalArgumentException.class);
      if (Image.isReference(text)) {
        LaunchRequest request =
            Pods.request(
                Pods.NAME,
                "node-1",
                Optional.empty(),
                Optional.of(new Image(text)),
                Environment.NONE);
        assertThatThrownBy(() -> builder.build(request))
            .as("image %s", text)
            .isInstanceOf(LaunchException.class)
            .hasMessageContaining("expected: registry.example.org/notebay/runtime:1");
      }
      LaunchRequest volume =
          Pods.request(
              Pods.NAME,
              "node-1",
              Optional.of("claim:" + text),
              Optional.empty(),
              Environment.NONE);
      assertThatThrownBy(() -> builder.build(volume))
          .as("claim %s", text)
          .isInstanceOf(LaunchException.class);
    }
  }

  @Test
  void variablesThatSteerNotebayOrTheContainerRuntimeAreRefused() {
    for (String name :
        List.of("NOTEBAY_SESSION_ID", "NVIDIA_VISIBLE_DEVICES", "PATH", "CUDA_VISIBLE_DEVICES")) {
      assertThatThrownBy(() -> new Environment(Map.of(name, "all"))).hasMessageContaining(name);
    }
    assertThat(new Environment(Map.of("LD_PRELOAD", "/content/mine.so")).variables()).hasSize(1);
  }

  @Test
  void aSessionWithoutAcceleratorSeesNone() {
    LaunchRequest request =
        new LaunchRequest(
            Pods.NAME,
            new Owner("ada"),
            Accelerator.NONE,
            new Compute(500, 1L << 30),
            new Assignment("node-1", "none", List.of(), Instant.EPOCH),
            Optional.empty());
    Container kernel = kernel(builder.build(request));

    assertThat(seenByContainer(kernel)).containsEntry("NVIDIA_VISIBLE_DEVICES", "void");
    assertThat(kernel.getResources().getLimits())
        .containsOnlyKeys("cpu", "memory", "ephemeral-storage");
  }

  @Test
  void anImpossibleRequestNeverBecomesAPod() {
    LaunchRequest share =
        new LaunchRequest(
            Pods.NAME,
            new Owner("ada"),
            new Accelerator(List.of("nvidia-a100"), 1, 500, 0),
            new Compute(500, 1L << 30),
            new Assignment("node-1", "nvidia-a100", List.of("nvidia.com/gpu-0"), Instant.EPOCH),
            Optional.empty());
    assertThatThrownBy(() -> builder.build(share))
        .hasMessageContaining("accelerator.milli: 500 (expected: 1000");
    LaunchRequest directory =
        Pods.request(
            Pods.NAME, "node-1", Optional.of("/srv/volume"), Optional.empty(), Environment.NONE);
    assertThatThrownBy(() -> builder.build(directory))
        .hasMessageContaining("NOTEBAY_VOLUMES=claims");
  }

  private static LaunchRequest withText(String text) {
    return Pods.request(
        Pods.NAME,
        "node-1",
        Optional.of("claim:drive"),
        Optional.of(new Image("registry.example.org/notebooks/torch:2.9")),
        new Environment(Map.of("TEXT", text, "OTHER", "$(TEXT)")));
  }

  private static Container kernel(Pod pod) {
    return pod.getSpec().getContainers().getFirst();
  }

  /** The pod without the one value that the person has chosen. */
  private static JsonNode shape(Pod pod) {
    Pod copy = Serialization.clone(pod);
    kernel(copy).getEnv().stream()
        .filter(variable -> variable.getName().equals("TEXT"))
        .forEach(variable -> variable.setValue(""));
    return Serialization.jsonMapper().valueToTree(copy);
  }

  /** As the kubelet makes it: references are replaced by what came before. */
  private static Map<String, String> seenByContainer(Container container) {
    Map<String, String> seen = new LinkedHashMap<>();
    for (EnvVar variable : container.getEnv()) {
      seen.put(
          variable.getName(),
          variable.getValue() == null ? "" : Expansion.expand(variable.getValue(), seen));
    }
    return seen;
  }

  private static LaunchRequest random(SplittableRandom random) {
    boolean accelerated = random.nextBoolean();
    int count = accelerated ? 1 + random.nextInt(8) : 0;
    String type = accelerated ? pick(random, "nvidia-a100", "nvidia-a100-1g.5gb") : "none";
    List<String> devices =
        IntStream.range(0, count).mapToObj(index -> "nvidia.com/gpu-" + index).toList();
    Map<String, String> variables = new LinkedHashMap<>();
    List<String> corpus = Injections.all();
    for (int i = random.nextInt(6); i > 0; i--) {
      String value = corpus.get(random.nextInt(corpus.size()));
      if (value.length() < 1000 && Environment.fault("V", value).isEmpty()) {
        variables.put("V" + i, value);
      }
    }
    return new LaunchRequest(
        new RuntimeName(
            new SessionId(new UUID(random.nextLong(), random.nextLong())),
            1 + random.nextInt(1000)),
        new Owner("person" + random.nextInt()),
        accelerated ? new Accelerator(type, count) : Accelerator.NONE,
        new Compute(1 + random.nextLong(128_000), 1 + random.nextLong(1L << 40)),
        new Assignment("node-" + random.nextInt(1000), type, devices, Instant.EPOCH),
        random.nextBoolean()
            ? Optional.of("claim:volume-" + random.nextInt(100))
            : Optional.empty(),
        random.nextBoolean()
            ? Optional.of(
                new Image(
                    pick(
                        random,
                        "registry.example.org/notebooks/torch:2.9",
                        "registry.example.org/notebooks/jax",
                        Pods.USUAL_IMAGE)))
            : Optional.empty(),
        new Environment(variables));
  }

  private static String pick(SplittableRandom random, String... of) {
    return of[random.nextInt(of.length)];
  }
}
