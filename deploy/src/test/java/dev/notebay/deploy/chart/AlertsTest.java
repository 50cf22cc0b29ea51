package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.notebay.deploy.chart.Chart.Cluster;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlertsTest {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Path RUNBOOKS = Path.of("../docs/runbooks");
  private static final Path TESTS = Path.of("src/test/alerts/alerts-test.yaml");

  @TempDir Path directory = Path.of("");

  @Test
  void everyAlertHasARunbookWithItsFourPartsAndEveryRunbookAnAlert() throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode rule : rules()) {
      String name = rule.path("alert").asText();
      names.add(name);
      assertThat(rule.at("/annotations/runbook_url").asText()).endsWith("/" + name + ".md");
      assertThat(rule.at("/annotations/summary").asText()).isNotEmpty();
      assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning", "info");
      assertThat(Files.readString(RUNBOOKS.resolve(name + ".md")))
          .startsWith("# " + name + "\n")
          .contains("## Meaning", "## Impact", "## What to look at", "## What to do");
      assertThat(Files.readString(RUNBOOKS.resolve("README.md"))).contains("(" + name + ".md)");
    }
    try (Stream<Path> pages = Files.list(RUNBOOKS)) {
      assertThat(pages.map(page -> page.getFileName().toString().replace(".md", "")))
          .filteredOn(page -> !page.equals("README"))
          .containsExactlyInAnyOrderElementsOf(names);
    }
  }

  @Test
  void prometheusTakesTheRules() throws Exception {
    String promtool = promtool();
    write();
    assertThat(run(promtool, "check", "rules", "rules.yaml")).contains("SUCCESS");
  }

  @Test
  void alertsFireWhenTheyShallAndOnlyThen() throws Exception {
    String promtool = promtool();
    write();
    Files.copy(TESTS, directory.resolve("test.yaml"));
    assertThat(run(promtool, "test", "rules", "test.yaml")).contains("SUCCESS");
    String tests = Files.readString(TESTS);
    for (JsonNode rule : rules()) {
      assertThat(tests).contains("alertname: " + rule.path("alert").asText());
    }
  }

  private static JsonNode specification() {
    return Chart.rendered(Cluster.LARGE).stream()
        .filter(object -> object.kind().equals("PrometheusRule"))
        .map(object -> object.json().path("spec"))
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonNode> rules() {
    List<JsonNode> rules = new ArrayList<>();
    specification().path("groups").forEach(group -> group.path("rules").forEach(rules::add));
    return rules;
  }

  private void write() throws IOException {
    YAML.writeValue(directory.resolve("rules.yaml").toFile(), specification());
  }

  private static String promtool() {
    Optional<String> found =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .map(each -> Path.of(each, "promtool"))
            .filter(Files::isExecutable)
            .map(Path::toString)
            .findFirst();
    if (found.isEmpty()) {
      System.out.println("skipped: no promtool on the PATH (Debian's package prometheus has it)");
    }
    assumeTrue(found.isPresent(), "promtool is on the PATH");
    return found.orElseThrow();
  }

  private String run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}
