package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import dev.notebay.deploy.chart.Chart.Cluster;
import dev.notebay.deploy.chart.Chart.Rendered;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.KubeSettingsFile;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChartTest {
  /** Refuses what Kubernetes' types do not know; Fabric8 itself keeps it silently. */
  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .setAnnotationIntrospector(new NothingUnknown())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private static final class NothingUnknown extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated member) {
      return false;
    }
  }

  @Test
  void helmFindsNothingToComplainOf() {
    var lint = Chart.helm().lint().strict().call();
    assertThat(lint.isFailed()).as(lint.getMessages().toString()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void everyObjectHasOnlyFieldsThatItsTypeKnows(Cluster cluster) throws JsonProcessingException {
    for (Rendered object : Chart.rendered(cluster)) {
      if (!(object.typed() instanceof GenericKubernetesResource)) {
        assertThat(STRICT.treeToValue(object.json(), object.typed().getClass()))
            .as(object.toString())
            .isNotNull();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyObjectHasItsNamespaceUnlessItsKindHasNone(Cluster cluster) {
    List<String> clusterWide =
        List.of(
            "Namespace",
            "ClusterRole",
            "ClusterRoleBinding",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding");
    for (Rendered object : Chart.rendered(cluster)) {
      assertThat(object.typed().getMetadata().getNamespace() == null)
          .as(object.toString())
          .isEqualTo(clusterWide.contains(object.kind()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void noTwoObjectsAreTheSame(Cluster cluster) {
    assertThat(
            Chart.rendered(cluster).stream()
                .map(each -> each + " " + each.typed().getMetadata().getNamespace()))
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @EnumSource
  void sessionsLiveInANamespaceThatEnforcesTheRestrictedStandard(Cluster cluster) {
    assertThat(Chart.rendered(cluster, Namespace.class))
        .singleElement()
        .satisfies(
            namespace ->
                assertThat(namespace.getMetadata().getLabels())
                    .containsEntry("pod-security.kubernetes.io/enforce", "restricted"));
  }

  @ParameterizedTest
  @CsvSource({"SMALL,1,1", "LARGE,3,3"})
  void asManyReplicasRunAsTheValuesSay(Cluster cluster, int one, int other) {
    assertThat(Chart.rendered(cluster, Deployment.class))
        .extracting(each -> each.getSpec().getReplicas())
        .containsExactly(one, other);
    // One that is alone must not keep its machine from being drained; sessions always do.
    assertThat(Chart.rendered(cluster, PodDisruptionBudget.class)).hasSize(one > 1 ? 3 : 1);
  }

  @ParameterizedTest
  @CsvSource({"SMALL,notebay,notebay-sessions,0", "LARGE,research,research-sessions,3"})
  void theSchedulerUnderstandsItsConfiguration(
      Cluster cluster, String installation, String namespace, int classes, @TempDir Path directory)
      throws IOException {
    String text =
        Chart.rendered(cluster, ConfigMap.class)
            .filter(map -> map.getData().containsKey("kubernetes.yaml"))
            .map(map -> map.getData().get("kubernetes.yaml"))
            .findFirst()
            .orElseThrow();
    KubeSettings settings =
        KubeSettingsFile.read(Files.writeString(directory.resolve("kubernetes.yaml"), text));
    assertThat(settings.installation()).isEqualTo(installation);
    assertThat(settings.namespace()).isEqualTo(namespace);
    assertThat(settings.acceleratorClasses()).hasSize(classes);
    assertThat(settings.scheduler().address()).isEqualTo("notebay-scheduler.notebay.svc:7410");
    assertThat(settings.images().agent()).startsWith("registry.example.org/notebay/runtime-agent:");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          scheduler.replicas               | 0            | replicas
          storage.accessMode               | ReadOnlyMany | accessMode
          images.registry                  | ''           | registry
          oidc.jwks                        | file.pem     | jwks
          storageGateway.trashRetention    | 30 days      | trashRetention
          scheduler.environment.PATH       | /tmp         | PATH
          sheduler.replicas                | 2            | sheduler
          """)
  void aWrongValueIsRefusedByItsName(String name, String value, String told) {
    assertThatThrownBy(() -> Chart.template().set(name, value).call()).hasMessageContaining(told);
  }
}
