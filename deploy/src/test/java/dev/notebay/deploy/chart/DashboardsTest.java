package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.notebay.deploy.chart.Chart.Cluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DashboardsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void thereIsOneForEachPartAndNothingInThemIsDoubledOrOverlaps() throws IOException {
    List<ConfigMap> maps =
        Chart.rendered(Cluster.LARGE, ConfigMap.class)
            .filter(map -> map.getMetadata().getLabels().containsKey("grafana_dashboard"))
            .toList();
    assertThat(maps)
        .flatExtracting(map -> map.getData().keySet())
        .containsExactlyInAnyOrder(
            "agent.json", "fleet.json", "queues.json", "sessions.json", "storage.json");
    for (ConfigMap map : maps) {
      for (String text : map.getData().values()) {
        check(JSON.readTree(text));
      }
    }
  }

  private static void check(JsonNode dashboard) {
    assertThat(dashboard.path("uid").asText()).startsWith("notebay-");
    Set<Integer> ids = new HashSet<>();
    Set<String> cells = new HashSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      String name = dashboard.path("title").asText() + " / " + panel.path("title").asText();
      assertThat(ids.add(panel.path("id").asInt())).as(name).isTrue();
      assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(name).isNotEmpty();
      assertThat(panel.path("targets")).as(name).isNotEmpty();
      JsonNode at = panel.path("gridPos");
      assertThat(at.path("x").asInt() + at.path("w").asInt()).as(name).isLessThanOrEqualTo(24);
      for (int x = 0; x < at.path("w").asInt(); x++) {
        assertThat(cells.add(at.path("y").asInt() + " " + (at.path("x").asInt() + x)))
            .as(name)
            .isTrue();
      }
    }
  }

  @Test
  void theNameOfASessionsPodBecomesNoLabel() {
    assertThat(Chart.rendered(Cluster.LARGE))
        .filteredOn(object -> object.toString().equals("PodMonitor notebay-agents"))
        .singleElement()
        .satisfies(
            monitor ->
                assertThat(monitor.json().at("/spec/podMetricsEndpoints/0/relabelings").toString())
                    .contains("{\"action\":\"labeldrop\",\"regex\":\"pod\"}"));
  }

  @Test
  void withoutMonitoringThereIsNone() {
    assertThat(Chart.rendered(Cluster.SMALL))
        .noneMatch(object -> object.kind().matches("PodMonitor|PrometheusRule"))
        .noneMatch(object -> object.toString().contains("dashboard"));
  }
}
