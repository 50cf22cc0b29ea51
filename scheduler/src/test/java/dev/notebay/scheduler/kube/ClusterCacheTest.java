package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.kube.ListWatch.Timing;
import dev.notebay.scheduler.kube.fleet.KubeFleet;
import dev.notebay.scheduler.kube.fleet.NodeMapper;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.scheduler.kube.testing.TestSettings;
import dev.notebay.scheduler.local.Eventually;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ClusterCacheTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final Timing QUICK =
      new Timing(Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofMillis(100));

  private KubernetesClient client;
  private KubeSettings settings;
  private ClusterCache cache;
  private KubeFleet fleet;

  @BeforeEach
  void start() {
    client = CLUSTER.client();
    settings =
        TestSettings.in(
            CLUSTER.namespace(),
            "acceleratorClasses: [{name: nvidia-t4, resource: nvidia.com/gpu}]");
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName("n1")
                .endMetadata()
                .withNewStatus()
                .endStatus()
                .build())
        .create();
    status("8");
    cache = new ClusterCache(client, settings, QUICK);
    fleet = new KubeFleet(cache, new NodeMapper(settings));
    cache.start();
    Eventually.await("synced", cache::isSynced);
  }

  @AfterEach
  void stop() {
    cache.close();
    client.pods().inAnyNamespace().withGracePeriod(0).delete();
    client.nodes().delete();
  }

  @Test
  void aNodeIsSeenAsItChangesAndUntilItGoes() {
    Eventually.await("four devices", () -> devices() == 4);
    client
        .nodes()
        .withName("n1")
        .edit(node -> new NodeBuilder(node).editSpec().withUnschedulable(true).endSpec().build());
    Eventually.await(
        "cordoned", () -> node().flatMap(Node::unavailable).equals(Optional.of("cordoned")));
    client.nodes().withName("n1").delete();
    Eventually.await("gone", () -> node().isEmpty());
    assertThat(cache.node("n1")).isEmpty();
  }

  @Test
  void whatOthersRequestIsTakenUntilTheyAreOver() {
    client.resource(pod("other", Map.of(), "2")).create();
    Eventually.await("taken", () -> taken() == 2);

    Pod pod = client.pods().inNamespace(CLUSTER.namespace()).withName("other").get();
    client
        .resource(new PodBuilder(pod).editOrNewStatus().withPhase("Succeeded").endStatus().build())
        .updateStatus();
    Eventually.await("free", () -> taken() == 0);
  }

  @Test
  void podsOfSessionsAreKeptAndTakeNothing() {
    AtomicInteger heard = new AtomicInteger();
    cache.onChange(heard::incrementAndGet);
    client.resource(pod("s1", ours(), "2")).create();
    client.resource(pod("other", Map.of(), "1")).create();

    Eventually.await("other", () -> taken() == 1);
    assertThat(cache.sessions()).hasSize(1);
    assertThat(cache.session("s1").orElseThrow().getSpec().getNodeName()).isEqualTo("n1");
    assertThat(cache.session("s1").orElseThrow().getSpec().getContainers()).isEmpty();
    assertThat(node().orElseThrow().taken().devices()).containsExactly("nvidia.com/gpu-1");
    assertThat(heard.get()).as("that our own pod was made is no news").isZero();

    client.pods().inNamespace(CLUSTER.namespace()).withName("s1").withGracePeriod(0).delete();
    Eventually.await("gone", () -> cache.session("s1").isEmpty());
    Eventually.await("its end is news", () -> heard.get() > 0);
  }

  @Test
  void theListOfNodesIsTheSameObjectWhileNothingMakesADifference() {
    Eventually.await("four devices", () -> devices() == 4);
    List<Node> before = fleet.nodes();
    client.resource(pod("s2", ours(), "1")).create();
    Eventually.await("seen", () -> cache.session("s2").isPresent());

    assertThat(fleet.nodes()).isSameAs(before);
  }

  @Test
  void whatChangedWhileTheApiServerWasAwayIsSeenAfterwards() throws IOException {
    CLUSTER.requireReal("an API server that is killed and comes back");
    CLUSTER.stopApiServer();
    try {
      Eventually.await("not heard", () -> cache.age().compareTo(Duration.ofSeconds(5)) > 0);
      assertThat(cache.isSynced()).isTrue();
      assertThat(fleet.nodes()).hasSize(1);
    } finally {
      CLUSTER.startApiServer();
    }
    status("6");
    Eventually.await("heard again", () -> node().orElseThrow().cpuMilli() == 6000);
    assertThat(cache.trouble()).isEmpty();
  }

  @Test
  void aWatchThatHangsIsGivenUpAndListedAgain() throws IOException {
    CLUSTER.requireReal("an API server that hangs");
    CLUSTER.freezeApiServer();
    try {
      Eventually.await("trouble", () -> !cache.trouble().isEmpty());
    } finally {
      CLUSTER.thawApiServer();
    }
    status("5");
    Eventually.await("heard again", () -> node().orElseThrow().cpuMilli() == 5000);
  }

  private Optional<Node> node() {
    return fleet.nodes().stream().findFirst();
  }

  private int devices() {
    return node().map(node -> node.devices().size()).orElse(0);
  }

  private int taken() {
    return node().map(node -> node.taken().devices().size()).orElse(-1);
  }

  private Map<String, String> ours() {
    return Map.of(Labels.MANAGED_BY, Labels.NOTEBAY, Labels.INSTALLATION, settings.installation());
  }

  private void status(String cpu) {
    client
        .nodes()
        .withName("n1")
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .withNewStatus()
                    .withAllocatable(
                        Map.of(
                            "cpu", new Quantity(cpu),
                            "memory", new Quantity("32Gi"),
                            "pods", new Quantity("110"),
                            "nvidia.com/gpu", new Quantity("4")))
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  private static Pod pod(String name, Map<String, String> labels, String gpus) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(CLUSTER.namespace())
        .withLabels(labels)
        .addToAnnotations(Labels.DEVICES, "nvidia.com/gpu-2,nvidia.com/gpu-3")
        .endMetadata()
        .withNewSpec()
        .withNodeName("n1")
        .addNewContainer()
        .withName("main")
        .withImage("image")
        .withNewResources()
        .addToRequests("nvidia.com/gpu", new Quantity(gpus))
        .addToLimits("nvidia.com/gpu", new Quantity(gpus))
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }
}
