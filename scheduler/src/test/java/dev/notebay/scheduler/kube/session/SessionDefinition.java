package dev.notebay.scheduler.kube.session;

import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The definition of the custom resource, as its Java types say it. */
public final class SessionDefinition {
  private static final String HEADER =
      """
      # Made from the types in scheduler's package kube.session; to make it anew:
      #   mvn -pl scheduler -am test -Dtest=SessionDefinitionTest -Dnotebay.definition.write=true \
      -Dsurefire.failIfNoSpecifiedTests=false
      """;

  private static final Set<String> TIMES =
      Set.of(
          "lastTransitionTime",
          "startBy",
          "likelyStart",
          "placeTime",
          "stopsAt",
          "extendedUntil",
          "readyTime",
          "endTime");

  private SessionDefinition() {}

  /** Where the chart has it. */
  static Path file() {
    return root().resolve("deploy/src/main/helm/notebay/crds/notebooksessions.yaml");
  }

  /** Of the sources, whatever part of them is being tested. */
  static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null && !Files.isDirectory(directory.resolve("deploy/src/main"))) {
      directory = directory.getParent();
    }
    return Objects.requireNonNull(directory, "a folder with deploy/src/main");
  }

  /** As it is installed. */
  static String yaml() {
    return HEADER + Serialization.asYaml(definition());
  }

  /** Waits until objects can be made. */
  public static void install(KubernetesClient client) {
    client.resource(definition()).serverSideApply();
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("notebooksessions.notebay.dev")
        .waitUntilCondition(
            found ->
                found != null
                    && found.getStatus() != null
                    && found.getStatus().getConditions().stream()
                        .anyMatch(
                            condition ->
                                condition.getType().equals("Established")
                                    && condition.getStatus().equals("True")),
            30,
            TimeUnit.SECONDS);
  }

  static CustomResourceDefinition definition() {
    var definition = Serialization.unmarshal(generated(), CustomResourceDefinition.class);
    definition
        .getMetadata()
        .setLabels(
            new TreeMap<>(
                Map.of(
                    "app.kubernetes.io/name", "notebay", "app.kubernetes.io/part-of", "notebay")));
    CustomResourceDefinitionVersion version = definition.getSpec().getVersions().getFirst();
    JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
    schema.setDescription("A notebook session: one person's claim on compute.");
    schema.setRequired(List.of("spec"));
    complete("", schema);
    JSONSchemaProps conditions = property(property(schema, "status"), "conditions");
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    // In this order: what the generator makes of annotations is sorted by path.
    version.setAdditionalPrinterColumns(
        List.of(
            column("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", 0),
            column("State", "string", ".status.state", 0),
            column("Accelerator", "string", ".status.accelerator", 0),
            column("Queue-Pos", "integer", ".status.queue.position", 0),
            column("Wait-At-Most", "string", ".status.queue.waitAtMost", 0),
            column("Node", "string", ".status.placement.node", 0),
            column("Idle-For", "string", ".status.activity.idleFor", 0),
            column("Stops-At", "string", ".status.activity.stopsAt", 0),
            column("Age", "date", ".metadata.creationTimestamp", 0),
            column("Owner", "string", ".spec.owner", 1),
            column("Volume", "string", ".spec.volume", 1),
            column("Reason", "string", ".status.reason", 1)));
    return definition;
  }

  private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
    return Objects.requireNonNull(schema.getProperties().get(name), name);
  }

  /** What the generator has no annotation for, and what it says twice of records. */
  private static void complete(String name, JSONSchemaProps schema) {
    if (schema.getXKubernetesValidations() != null) {
      schema.setXKubernetesValidations(
          schema.getXKubernetesValidations().stream().distinct().toList());
    }
    if (TIMES.contains(name)) {
      schema.setFormat("date-time");
    }
    if (name.equals("priority")) {
      schema.setFormat("int32");
    }
    if (schema.getProperties() != null) {
      schema.getProperties().forEach(SessionDefinition::complete);
    }
    if (schema.getItems() != null) {
      complete("", schema.getItems().getSchema());
    }
  }

  private static CustomResourceColumnDefinition column(
      String name, String type, String path, int priority) {
    var column = new CustomResourceColumnDefinition();
    column.setName(name);
    column.setType(type);
    column.setJsonPath(path);
    if (priority > 0) {
      column.setPriority(priority);
    }
    return column;
  }

  private static String generated() {
    var bytes = new ByteArrayOutputStream();
    new CRDGenerator()
        .customResourceClasses(NotebookSession.class)
        .withOutput(new OneFile(bytes))
        .generate();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private record OneFile(ByteArrayOutputStream bytes)
      implements CRDGenerator.CRDOutput<OutputStream> {
    @Override
    public OutputStream outputFor(String name) {
      return bytes;
    }

    @Override
    public void close() {
      try {
        bytes.close();
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }
  }
}
