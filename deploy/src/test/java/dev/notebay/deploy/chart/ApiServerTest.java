package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.notebay.deploy.chart.Chart.Rendered;
import dev.notebay.scheduler.kube.KubeClient;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the chart makes is accepted by an API server, whose checks no client knows. */
class ApiServerTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final String SESSION =
      """
      apiVersion: notebay.dev/v1alpha1
      kind: NotebookSession
      metadata: {generateName: session-, namespace: research-sessions}
      spec: {owner: %s}
      """;

  /** Account, verb, resource, namespace, and whether. */
  private static final String RIGHTS =
      """
      scheduler       | create | pods                               | notebay-sessions | true
      scheduler       | delete | pods                               | notebay-sessions | true
      scheduler       | create | pods/binding                       | notebay-sessions | true
      scheduler       | patch  | notebooksessions.notebay.dev       | notebay-sessions | true
      scheduler       | list   | pods                               | kube-system      | true
      scheduler       | list   | nodes                              | default          | true
      scheduler       | create | tokenreviews.authentication.k8s.io | default          | true
      scheduler       | create | pods                               | notebay          | false
      scheduler       | delete | pods                               | kube-system      | false
      scheduler       | create | pods/exec                          | notebay-sessions | false
      scheduler       | create | pods/eviction                      | notebay-sessions | false
      scheduler       | patch  | pods                               | notebay-sessions | false
      scheduler       | get    | secrets                            | notebay          | false
      scheduler       | get    | secrets                            | notebay-sessions | false
      scheduler       | delete | persistentvolumeclaims             | notebay-sessions | false
      scheduler       | patch  | nodes                              | default          | false
      scheduler       | create | pods/binding                       | kube-system      | false
      scheduler       | create | namespaces                         | default          | false
      storage-gateway | create | persistentvolumeclaims             | notebay-sessions | true
      storage-gateway | patch  | persistentvolumeclaims             | notebay-sessions | true
      storage-gateway | delete | persistentvolumeclaims             | notebay-sessions | true
      storage-gateway | delete | persistentvolumeclaims             | default          | false
      storage-gateway | list   | pods                               | notebay-sessions | false
      storage-gateway | get    | secrets                            | notebay          | false
      """;

  @ParameterizedTest
  @EnumSource
  void everyObjectIsAccepted(Chart.Cluster values) {
    CLUSTER.requireReal("every object of the chart applied");
    apply(values);
  }

  private static void apply(Chart.Cluster values) {
    KubernetesClient client = CLUSTER.client();
    client
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(Chart.NAMESPACE)
                .endMetadata()
                .build())
        .serverSideApply();
    client.resource(Chart.file("crds/notebooksessions.yaml")).serverSideApply();
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

  /** Asked of the cluster's own authoriser, with the chart's accounts and roles in place. */
  @Test
  void theClusterAllowsTheAccountsOfTheChartThisAndNotThat() {
    CLUSTER.requireReal("what the cluster says the chart's accounts may do");
    apply(Chart.Cluster.SMALL);
    for (String row : RIGHTS.lines().toList()) {
      String[] column = row.split("[ |]+", -1);
      assertThat(mayDo(column[0], column[1], column[2], column[3]))
          .as(row)
          .isEqualTo(Boolean.parseBoolean(column[4]));
    }
  }

  private static boolean mayDo(String account, String verb, String resource, String namespace) {
    String[] group = resource.split("\\.", 2);
    String[] sub = group[0].split("/", 2);
    var review =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser("system:serviceaccount:" + Chart.NAMESPACE + ":notebay-" + account)
            .withNewResourceAttributes()
            .withVerb(verb)
            .withGroup(group.length > 1 ? group[1] : "")
            .withResource(sub[0])
            .withSubresource(sub.length > 1 ? sub[1] : "")
            .withNamespace(namespace)
            .endResourceAttributes()
            .endSpec()
            .build();
    return CLUSTER
        .client()
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(review)
        .getStatus()
        .getAllowed();
  }

  @Test
  void whoAppliesASessionNamesHimselfAsItsOwner() throws InterruptedException {
    CLUSTER.requireReal("a ValidatingAdmissionPolicy");
    apply(Chart.Cluster.LARGE);
    KubernetesClient admin = CLUSTER.client();
    admin
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: ada}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ada}]
            """)
        .serverSideApply();
    var config = new ConfigBuilder(CLUSTER.config()).withImpersonateUsername("ada").build();
    try (KubernetesClient ada = KubeClient.of(config)) {
      // A new policy holds a moment later.
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      var never = new CountDownLatch(1);
      while (refusal(ada, "bob").isEmpty() && System.nanoTime() < deadline) {
        assertThat(never.await(200, TimeUnit.MILLISECONDS)).isFalse();
      }
      assertThat(refusal(ada, "bob")).contains("spec.owner must be you: ada");
      assertThat(refusal(ada, "ada")).isEmpty();
      assertThat(refusal(admin, "bob")).contains("spec.owner must be you: admin");
    }
  }

  @Test
  void whoMayDeleteSessionsDeletesTheirOwnAndAnAdministratorEverybodys()
      throws InterruptedException {
    CLUSTER.requireReal("a ValidatingAdmissionPolicy");
    apply(Chart.Cluster.LARGE);
    KubernetesClient admin = CLUSTER.client();
    admin
        .load(
            new ByteArrayInputStream(
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: people, namespace: research-sessions}
                rules: [{apiGroups: [notebay.dev], resources: [notebooksessions], verbs: [create, get, delete]}]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: people, namespace: research-sessions}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: people}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: eve}]
                """
                    .getBytes(StandardCharsets.UTF_8)))
        .serverSideApply();
    var config = new ConfigBuilder(CLUSTER.config()).withImpersonateUsername("eve").build();
    try (KubernetesClient eve = KubeClient.of(config)) {
      HasMetadata others = session(admin, "admin");
      HasMetadata own = session(eve, "eve");
      HasMetadata another = session(eve, "eve");
      // A new policy holds a moment later, and what is only tried out deletes nothing.
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      var never = new CountDownLatch(1);
      while (objection(eve, others).isEmpty() && System.nanoTime() < deadline) {
        assertThat(never.await(200, TimeUnit.MILLISECONDS)).isFalse();
      }
      assertThat(objection(eve, others))
          .contains("it is the session of admin; others need the verb stopothers");
      assertThat(objection(eve, own)).isEmpty();
      assertThat(objection(admin, another)).isEmpty();
    }
  }

  private static HasMetadata session(KubernetesClient client, String owner) {
    return client.resource(SESSION.formatted(owner)).create();
  }

  /** What is said to who would delete it; empty where they may. */
  private static String objection(KubernetesClient client, HasMetadata session) {
    try {
      client.resource(session).dryRun().delete();
      return "";
    } catch (KubernetesClientException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

  /** What is said to a session of that owner; empty where it is accepted. */
  private static String refusal(KubernetesClient client, String owner) {
    try {
      client.resource(SESSION.formatted(owner)).create();
      return "";
    } catch (KubernetesClientException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

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
