package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.kube.KubeClient.NoCluster;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KubeClientTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @Test
  void itReachesTheClusterThatItsConfigurationNames() {
    try (var client = KubeClient.of(CLUSTER.config())) {
      assertThat(client.namespaces().list().getItems())
          .extracting((Namespace namespace) -> namespace.getMetadata().getName())
          .contains(CLUSTER.namespace());
    }
  }

  @Test
  void everyRequestEndsWithinABoundAndIsTriedThreeTimesAtMost() {
    try (var client = KubeClient.of(CLUSTER.config())) {
      assertThat(client.getConfiguration().getRequestTimeout()).isBetween(1, 10_000);
      assertThat(client.getConfiguration().getRequestRetryBackoffLimit()).isEqualTo(2);
    }
  }

  @Test
  void withoutAKubeconfigItSaysWhatIsExpected() {
    assertThatThrownBy(() -> KubeClient.of(Map.of("HOME", "/nonexistent")))
        .isInstanceOf(NoCluster.class)
        .hasMessageContaining("KUBECONFIG is not set")
        .hasMessageContaining("expected: a kubeconfig");
  }

  @Test
  void aKubeconfigThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> KubeClient.of(Map.of("KUBECONFIG", "/nonexistent/config")))
        .isInstanceOf(NoCluster.class)
        .hasMessage("KUBECONFIG: /nonexistent/config cannot be read");
  }
}
