package dev.notebay.scheduler.kube.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API server refuses by the definition; the mock refuses nothing. */
class SessionSchemaTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static int objects;

  @BeforeAll
  static void install() {
    CLUSTER.requireReal("schema and CEL rules of custom resources");
    SessionDefinition.install(CLUSTER.client());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{owner: a}",
        "{owner: 'https://id.example.org|ada', displayName: 'Übung 1', cpu: 2, memory: 128Mi}",
        "{owner: a, cpu: 1m, memory: 16Ti, volume: drive, queue: research.vision, priority: -7}",
        "{owner: a, cpu: '1000', memory: '134217728'}",
        "{owner: a, accelerator: {types: [none]}}",
        "{owner: a, accelerator: {types: [nvidia-a100-80gb, nvidia-l4], count: 64, memory: 40Gi}}",
        "{owner: a, accelerator: {types: [nvidia-a100-mig-1g.10gb], milli: 1000}}",
        "{owner: a, idleTimeout: 1s, maxLifetime: 168h}",
        "{owner: a, idleTimeout: 24h, maxLifetime: 1h30m, warning: 45s}",
      })
  void whatTheApiTakesIsTakenAsAnObjectToo(String spec) {
    create(spec);

    assertThat(new SpecReader(Allowance.USUAL).read(read(spec))).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                                    | spec.owner: Required",
        "{owner: ' '}                                          | spec.owner",
        "{owner: a, displayName: \"a\\tb\"}                    | spec.displayName",
        "{owner: a, accelerator: {}}                           | spec.accelerator.types: Required",
        "{owner: a, accelerator: {types: []}}                  | spec.accelerator.types",
        "{owner: a, accelerator: {types: [T4]}}                | spec.accelerator.types[0]",
        "{owner: a, accelerator: {types: [t4, t4]}}            | each class once",
        "{owner: a, accelerator: {types: [none, t4]}}          | none stands alone",
        "{owner: a, accelerator: {types: [none], count: 1}}    | none stands alone",
        "{owner: a, accelerator: {types: [t4], count: 65}}     | spec.accelerator.count",
        "{owner: a, accelerator: {types: [t4], count: 0}}      | expected 1 to 64",
        "{owner: a, accelerator: {types: [t4], milli: 500}}    | spec.accelerator.milli",
        "{owner: a, accelerator: {types: [t4], memory: 17Ti}}  | expected: 0 to 16Ti",
        "{owner: a, environment: {PATH: /tmp}}                 | none that Notebay or the machine",
        "{owner: a, environment: {NVIDIA_VISIBLE_DEVICES: all}} | none that Notebay or the machine",
        "{owner: a, environment: {'A B': x}}                   | names of letters",
        "{owner: a, image: ''}                                 | spec.image",
        "{owner: a, cpu: 0}                                    | expected: 1m to 1000",
        "{owner: a, cpu: 1001}                                 | expected: 1m to 1000",
        "{owner: a, memory: 127Mi}                             | expected: 128Mi to 16Ti",
        "{owner: a, memory: 9QQ}                               | expected: 128Mi to 16Ti",
        "{owner: a, volume: Drive}                             | spec.volume",
        "{owner: a, queue: -q}                                 | spec.queue",
        "{owner: a, priority: 2147483648}                      | spec.priority",
        "{owner: a, idleTimeout: '90'}                         | spec.idleTimeout",
        "{owner: a, idleTimeout: 24h1s}                        | expected: 1s to 24h",
        "{owner: a, idleTimeout: 999ms}                        | expected: 1s to 24h",
        "{owner: a, maxLifetime: 169h}                         | expected: 1s to 168h",
        "{owner: a, idleTimeout: 1m, warning: 1m}              | less than idleTimeout",
      })
  void whatIsWrongIsRefusedAtOnceAndWouldBeRefusedByUs(String spec, String said) {
    assertThatThrownBy(() -> create(spec))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("is invalid")
        .hasMessageContaining(said);
    assertThat(catchThrowable(() -> new SpecReader(Allowance.USUAL).read(read(spec))))
        .isInstanceOfAny(InvalidField.class, IllegalArgumentException.class);
  }

  @Test
  void whatIsAskedForNeverChanges() {
    GenericKubernetesResource made = create("{owner: a, cpu: 2}");
    made.setAdditionalProperty("spec", Map.of("owner", "a", "cpu", 3));

    assertThatThrownBy(() -> CLUSTER.client().resource(made).update())
        .hasMessageContaining("a session's spec cannot be changed: delete it and apply another");
  }

  @Test
  void aPersonWhoWritesTheStatusWithTheRestWritesNothing() {
    GenericKubernetesResource object = object("{owner: a}");
    object.setAdditionalProperty("status", Map.of("state", "RUNNING"));

    assertThat(CLUSTER.client().resource(object).create().getAdditionalProperties())
        .doesNotContainKey("status");
  }

  @Test
  void theDefinitionIsEstablishedAndItsNamesAreTaken() {
    var conditions =
        CLUSTER
            .client()
            .apiextensions()
            .v1()
            .customResourceDefinitions()
            .withName("notebooksessions.notebay.dev")
            .get()
            .getStatus()
            .getConditions();

    assertThat(conditions)
        .filteredOn(condition -> condition.getStatus().equals("True"))
        .extracting(condition -> condition.getType())
        .contains("Established", "NamesAccepted");
    assertThat(conditions)
        .noneMatch(condition -> condition.getType().equals("NonStructuralSchema"));
  }

  private static GenericKubernetesResource create(String spec) {
    return CLUSTER.client().resource(object(spec)).create();
  }

  /** As a person writes it, not as our types would. */
  private static GenericKubernetesResource object(String spec) {
    return Serialization.unmarshal(
        Stream.of(
                "---",
                "apiVersion: notebay.dev/v1alpha1",
                "kind: NotebookSession",
                "metadata: {name: s-" + ++objects + ", namespace: " + CLUSTER.namespace() + "}",
                "spec: " + spec)
            .reduce("", (all, line) -> all + line + "\n"),
        GenericKubernetesResource.class);
  }

  private static NotebookSessionSpec read(String spec) {
    return Serialization.unmarshal("---\n" + spec, NotebookSessionSpec.class);
  }
}
