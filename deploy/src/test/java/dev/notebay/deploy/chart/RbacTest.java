package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.deploy.chart.Chart.Cluster;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each right, one by one: who wants another adds it here, and is asked why. */
class RbacTest {
  private static final String SCHEDULER_IN_ITS_NAMESPACE =
      """
      core/events create get list patch watch
      core/persistentvolumeclaims get list watch
      core/pods create delete get list watch
      core/pods/binding create
      events.k8s.io/events create get list patch watch
      notebay.dev/notebooksessions create delete get list patch update watch
      notebay.dev/notebooksessions/finalizers update
      notebay.dev/notebooksessions/status get patch update
      """;

  private static final String STORAGE_GATEWAY_IN_ITS_NAMESPACE =
      """
      core/persistentvolumeclaims create delete get list patch watch
      """;

  private static final String SCHEDULER_EVERYWHERE =
      """
      authentication.k8s.io/tokenreviews create
      core/nodes get list watch
      core/pods get list watch
      """;

  @ParameterizedTest
  @EnumSource
  void nobodyMayDoMoreThanThis(Cluster cluster) {
    List<Role> roles = Chart.rendered(cluster, Role.class).toList();
    assertThat(roles).hasSize(2);
    assertThat(rights(rules(roles, "notebay-scheduler"))).isEqualTo(SCHEDULER_IN_ITS_NAMESPACE);
    assertThat(rights(rules(roles, "notebay-storage-gateway")))
        .isEqualTo(STORAGE_GATEWAY_IN_ITS_NAMESPACE);
    assertThat(Chart.rendered(cluster, ClusterRole.class))
        .singleElement()
        .satisfies(role -> assertThat(rights(role.getRules())).isEqualTo(SCHEDULER_EVERYWHERE));
  }

  @Test
  void rightsToWriteAreBoundInTheSessionsNamespaceOnly() {
    assertThat(Chart.rendered(Cluster.LARGE, Role.class))
        .allSatisfy(
            role -> assertThat(role.getMetadata().getNamespace()).isEqualTo("research-sessions"));
    assertThat(Chart.rendered(Cluster.LARGE, RoleBinding.class))
        .hasSize(2)
        .allSatisfy(
            binding -> {
              assertThat(binding.getMetadata().getNamespace()).isEqualTo("research-sessions");
              assertThat(binding.getSubjects())
                  .singleElement()
                  .satisfies(
                      subject ->
                          assertThat(subject.getName()).isEqualTo(binding.getRoleRef().getName()));
            });
    assertThat(Chart.rendered(Cluster.LARGE, ClusterRoleBinding.class))
        .singleElement()
        .satisfies(
            binding ->
                assertThat(binding.getSubjects())
                    .extracting(each -> each.getName())
                    .containsExactly("notebay-scheduler"));
  }

  @Test
  void noRuleHasAWildcardASecretOrAnExec() {
    assertThat(SCHEDULER_IN_ITS_NAMESPACE + STORAGE_GATEWAY_IN_ITS_NAMESPACE + SCHEDULER_EVERYWHERE)
        .doesNotContain("*", "secrets", "exec", "attach", "portforward", "impersonate", "escalate");
    assertThat(SCHEDULER_EVERYWHERE.replace("tokenreviews create", ""))
        .doesNotContain("create", "update", "patch", "delete");
  }

  @Test
  void tokensAreMountedOnlyWhereAPodAsksForThem() {
    assertThat(Chart.rendered(Cluster.SMALL, ServiceAccount.class))
        .hasSize(2)
        .allSatisfy(each -> assertThat(each.getAutomountServiceAccountToken()).isFalse());
  }

  private static List<PolicyRule> rules(List<Role> roles, String name) {
    return roles.stream()
        .filter(role -> role.getMetadata().getName().equals(name))
        .flatMap(role -> role.getRules().stream())
        .toList();
  }

  /** One line for each resource of each group, with all verbs on it. */
  private static String rights(List<PolicyRule> rules) {
    Set<String> lines = new TreeSet<>();
    for (PolicyRule rule : rules) {
      assertThat(rule.getResourceNames()).isEmpty();
      assertThat(rule.getNonResourceURLs()).isEmpty();
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          lines.add(
              (group.isEmpty() ? "core" : group)
                  + "/"
                  + resource
                  + " "
                  + rule.getVerbs().stream().sorted().collect(Collectors.joining(" ")));
        }
      }
    }
    return String.join("\n", lines) + "\n";
  }
}
