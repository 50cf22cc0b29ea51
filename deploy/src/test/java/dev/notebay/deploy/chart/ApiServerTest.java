package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.notebay.deploy.chart.Chart.Rendered;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the chart makes is accepted by an API server, whose checks no client knows. */
class ApiServerTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @ParameterizedTest
  @EnumSource
  void everyObjectIsAccepted(Chart.Cluster values) {
    CLUSTER.requireReal("every object of the chart applied");
    KubernetesClient client = CLUSTER.client();
    Stream.concat(
            Stream.of(Chart.NAMESPACE),
            Chart.rendered(values, Namespace.class).map(each -> each.getMetadata().getName()))
        .forEach(
            name ->
                client
                    .namespaces()
                    .resource(
                        new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .serverSideApply());
    for (Rendered object : Chart.rendered(values)) {
      // The Prometheus operator's types are not there.
      if (!(object.typed() instanceof GenericKubernetesResource)) {
        assertThatCode(
                () ->
                    client
                        .resource(object.json().toString())
                        .fieldValidation(Validation.STRICT)
                        .serverSideApply())
            .as(object.toString())
            .doesNotThrowAnyException();
      }
    }
  }

  /** Signs and labels that the standard of the sessions' namespace really refuses. */
  @ParameterizedTest
  @EnumSource
  void ourOwnPodsWouldBeAcceptedWhereTheRestrictedStandardIsEnforced(Chart.Cluster values) {
    CLUSTER.requireReal("pods of our own in a namespace that enforces the restricted standard");
    KubernetesClient client = CLUSTER.client();
    client
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("restricted")
                .withLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
                .endMetadata()
                .build())
        .serverSideApply();
    Chart.rendered(values, Deployment.class)
        .map(each -> each.getSpec().getTemplate())
        .forEach(
            template ->
                client
                    .pods()
                    .inNamespace("restricted")
                    .resource(
                        new PodBuilder()
                            .withNewMetadata()
                            .withName("ours")
                            .endMetadata()
                            .withSpec(template.getSpec())
                            .build())
                    .dryRun(true)
                    .create());
  }
}
