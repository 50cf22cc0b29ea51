package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.kube.ClusterCheck.ClusterNotReady;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.scheduler.kube.testing.TestSettings;
import dev.notebay.scheduler.local.Eventually;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ClusterCheckTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @Test
  void aClusterThatDoesNotAnswerIsNamed() {
    try (KubernetesClient client =
        KubeClient.of(
            new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:1").build())) {
      assertThatThrownBy(() -> check(client, CLUSTER.namespace()))
          .isInstanceOf(ClusterNotReady.class)
          .hasMessageStartingWith("the cluster at http://127.0.0.1:1/ does not answer: ");
    }
  }

  @Test
  void aNamespaceThatIsMissingIsNamedWithHowToMakeIt() {
    assertThatThrownBy(() -> check(CLUSTER.client(), "missing"))
        .isInstanceOf(ClusterNotReady.class)
        .hasMessageContaining("kubectl create namespace missing");
  }

  @Test
  void withoutTheCustomResourceItSaysWhereItIs() throws IOException {
    CLUSTER.requireReal("the kinds that a cluster knows");
    var definition = Path.of("../deploy/src/main/helm/notebay/crds/notebooksessions.yaml");
    try (InputStream yaml = Files.newInputStream(definition)) {
      CLUSTER.client().load(yaml).delete();
    }
    Eventually.await(
        "forgotten", () -> CLUSTER.client().getApiResources("notebay.dev/v1alpha1") == null);
    assertThatThrownBy(() -> check(CLUSTER.client(), CLUSTER.namespace()))
        .isInstanceOf(ClusterNotReady.class)
        .hasMessageContaining("deploy/src/main/helm/notebay/crds/");

    try (InputStream yaml = Files.newInputStream(definition)) {
      CLUSTER.client().load(yaml).create();
    }
    Eventually.await(
        "known", () -> CLUSTER.client().getApiResources("notebay.dev/v1alpha1") != null);
    assertThatCode(() -> check(CLUSTER.client(), CLUSTER.namespace())).doesNotThrowAnyException();
  }

  private static void check(KubernetesClient client, String namespace) {
    new ClusterCheck(client, TestSettings.in(namespace, "")).run();
  }
}
