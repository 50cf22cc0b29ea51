package dev.notebay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class QueueSimulatorTest {
  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private static final String TWO_QUEUES =
      """
      nodes:
      - {name: gpu, count: 2, accelerator: nvidia-t4, devices: 4}
      queues:
      - name: a
        cohort: all
        reclaim: ANY
        minimumRun: 5m
        quotas: [{accelerator: nvidia-t4, nominal: 4}]
        arrivals:
        - {count: 60, every: {from: 1m, to: 9m}, users: 5, accelerator: nvidia-t4, lifetime: 2h, runs: {from: 5m, to: 3h}}
      - name: b
        cohort: all
        quotas: [{accelerator: nvidia-t4, nominal: 4}]
        arrivals:
        - {count: 20, every: 17m, accelerator: nvidia-t4, devices: 4, lifetime: 3h, runs: {from: 5m, to: 3h}}
      """;

  private int simulate(String workload, String... more) throws IOException {
    Path file = directory.resolve("workload.yaml");
    Files.writeString(file, workload);
    CommandLine line = Simulator.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    String[] arguments = new String[more.length + 3];
    arguments[0] = "simulate";
    arguments[1] = "--workload";
    arguments[2] = file.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return line.execute(arguments);
  }

  @Test
  void everybodyGetsATurnAndNoBoundIsBroken() throws IOException {
    Path json = directory.resolve("result.json");
    Path plot = directory.resolve("timeline.svg");

    assertThat(simulate(TWO_QUEUES, "--json", json.toString(), "--plot", plot.toString())).isZero();

    assertThat(out.toString()).startsWith("queue").contains("bounds promised: ", "broken: 0");
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("bounds_broken").asInt()).isZero();
    assertThat(result.get("bounds_promised").asInt()).isPositive();
    assertThat(result.get("queues").get(0).get("started").asInt()).isEqualTo(60);
    assertThat(result.get("queues").get(1).get("started").asInt()).isEqualTo(20);
    assertThat(plot).content().contains("<svg");
  }

  @Test
  void aGeneratorFileOfKueueIsReadAsItIs() throws IOException {
    String workload =
        """
        cohorts:
        - className: cohort
          count: 2
          queuesSets:
          - className: cq
            count: 3
            nominalQuota: 20
            borrowingLimit: 100
            reclaimWithinCohort: Any
            withinClusterQueue: LowerPriority
            workloadsSets:
            - count: 35
              creationIntervalMs: 10
              workloads:
              - className: small
                runtimeMs: 200
                priority: 50
                request: 1
            - count: 5
              creationIntervalMs: 50
              workloads:
              - className: large
                runtimeMs: 1000
                priority: 200
                request: 20
        """;

    assertThat(simulate(workload, "--json", "-")).isZero();

    JsonNode result = new ObjectMapper().readTree(out.toString());
    // 107 unit-seconds on 20 units of each queue.
    assertThat(result.get("virtual_seconds").asDouble()).isBetween(5.35, 6.5);
    for (JsonNode queue : result.get("queues")) {
      if (queue.get("sessions").asInt() > 0) {
        assertThat(queue.get("started").asInt()).isEqualTo(40);
      }
    }
  }

  @Test
  void aTraceOfSessionsIsReplayed() throws IOException {
    Files.writeString(
        directory.resolve("sessions.csv"),
        """
        queue,user,arrival_s,accelerator,devices,lifetime_s,runs_s,priority,idle_after_s
        default,ada,0,nvidia-t4,4,3600,3600,0,600
        default,bob,10,nvidia-t4,1,,60,5,
        """);
    String workload =
        """
        nodes: [{name: gpu, accelerator: nvidia-t4, devices: 4}]
        trace: sessions.csv
        """;

    assertThat(simulate(workload, "--json", "-")).isZero();

    JsonNode queue = new ObjectMapper().readTree(out.toString()).get("queues").get(0);
    assertThat(queue.get("started").asInt()).isEqualTo(2);
    assertThat(queue.get("wait_seconds_max").asDouble()).isEqualTo(3590);
  }

  @Test
  void whatIsWrongIsNamedByItsPath() throws IOException {
    assertThat(simulate("nodes: [{name: n}]\nqueues: [{name: a, weigth: 2}]\n")).isEqualTo(2);
    assertThat(err.toString()).contains("queues[0].weigth: unknown (expected: one of name,");

    assertThat(simulate(TWO_QUEUES.replace("every: 17m", "every: 17"))).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "queues[1].arrivals[0].every: 17 (expected: a duration such as 90s, 15m, 8h or 2d)");

    assertThat(simulate(TWO_QUEUES.replace("nominal: 4}", "nominal: 4, lendingLimit: 9}")))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("queues[0].quotas[0].lendingLimit: 9 (expected: 0 to nominal 4)");
  }
}
