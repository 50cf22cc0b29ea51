package dev.notebay.deploy.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The chart as it lies in the sources, rendered as {@code helm template} does it. */
final class Chart {
  static final Path DIRECTORY = Path.of("src/main/helm/notebay").toAbsolutePath();
  static final String RELEASE = "notebay";
  static final String NAMESPACE = "notebay";

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  private Chart() {}

  /** The two clusters that it must fit. */
  enum Cluster {
    SMALL,
    LARGE;

    Path file() {
      return DIRECTORY.resolve("ci/" + name().toLowerCase(java.util.Locale.ROOT) + "-values.yaml");
    }
  }

  /** One object as it would be applied, and as Kubernetes' own types read it. */
  record Rendered(JsonNode json, HasMetadata typed) {
    String kind() {
      return typed.getKind();
    }

    @Override
    public String toString() {
      return kind() + " " + typed.getMetadata().getName();
    }
  }

  static Helm helm() {
    return new Helm(DIRECTORY);
  }

  /** Everything that the chart makes of the values of {@code cluster}. */
  static List<Rendered> rendered(Cluster cluster) {
    List<Rendered> objects = new ArrayList<>();
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text(cluster))) {
      while (documents.hasNext()) {
        JsonNode document = documents.next();
        if (!document.isNull() && !document.isMissingNode()) {
          objects.add(new Rendered(document, KUBERNETES.unmarshal(document.toString())));
        }
      }
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
    return objects;
  }

  static String text(Cluster cluster) {
    return template().withValuesFile(cluster.file()).call();
  }

  /** Helm itself was built for an older Kubernetes than the chart asks for. */
  static TemplateCommand template() {
    return helm().template().withKubeVersion("1.33.0").withName(RELEASE).withNamespace(NAMESPACE);
  }

  /** Those of one type. */
  static <T extends HasMetadata> Stream<T> rendered(Cluster cluster, Class<T> type) {
    return rendered(cluster).stream().map(Rendered::typed).filter(type::isInstance).map(type::cast);
  }

  static String file(String name) {
    try {
      return Files.readString(DIRECTORY.resolve(name));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
