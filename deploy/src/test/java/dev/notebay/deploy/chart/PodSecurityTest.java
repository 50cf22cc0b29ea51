package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.deploy.chart.Chart.Cluster;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Our own pods keep the Pod Security Standard <i>restricted</i>, and some rules more. */
class PodSecurityTest {
  @ParameterizedTest
  @EnumSource
  void ourPodsAreRestricted(Cluster cluster) {
    assertThat(Chart.rendered(cluster, Deployment.class))
        .hasSize(2)
        .allSatisfy(deployment -> restricted(deployment.getSpec().getTemplate().getSpec()));
  }

  private static void restricted(PodSpec pod) {
    assertThat(pod.getHostNetwork()).isNull();
    assertThat(pod.getHostPID()).isNull();
    assertThat(pod.getHostIPC()).isNull();
    assertThat(pod.getEnableServiceLinks()).isFalse();
    var security = pod.getSecurityContext();
    assertThat(security.getRunAsNonRoot()).isTrue();
    assertThat(security.getRunAsUser()).isPositive();
    assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(pod.getVolumes()).allSatisfy(PodSecurityTest::ofThePodsOwn);
    assertThat(pod.getContainers()).isNotEmpty().allSatisfy(PodSecurityTest::restricted);
  }

  private static void ofThePodsOwn(Volume volume) {
    assertThat(
            volume.getConfigMap() != null
                || volume.getEmptyDir() != null
                || volume.getSecret() != null)
        .as(volume.getName())
        .isTrue();
  }

  private static void restricted(Container container) {
    var security = container.getSecurityContext();
    assertThat(security.getAllowPrivilegeEscalation()).isFalse();
    assertThat(security.getReadOnlyRootFilesystem()).isTrue();
    assertThat(security.getPrivileged()).isNull();
    assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(security.getCapabilities().getAdd()).isEmpty();
    assertThat(container.getPorts()).allSatisfy(port -> assertThat(port.getHostPort()).isNull());
    assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
    assertThat(container.getResources().getLimits()).containsKey("memory");
    assertThat(container.getStartupProbe().getGrpc()).isNotNull();
    assertThat(container.getLivenessProbe().getGrpc()).isNotNull();
    assertThat(container.getReadinessProbe()).isNotNull();
  }
}
