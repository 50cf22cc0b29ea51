package dev.notebay.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulatorTest {
  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeLists() throws IOException {
    var nodes = new StringBuilder("sn,cpu_milli,memory_mib,gpu,model\n");
    for (int node = 0; node < 6; node++) {
      nodes.append("n%d,64000,262144,4,%s%n".formatted(node, node < 3 ? "T4" : "G2"));
    }
    Files.writeString(directory.resolve("openb_node_list_gpu_node.csv"), nodes);
    var pods = new StringBuilder("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n");
    for (int pod = 0; pod < 30; pod++) {
      int share = pod % 3 == 0 ? 1000 : 100 * (1 + pod % 7);
      pods.append("p%02d,4000,8192,1,%d,%s%n".formatted(pod, share, pod % 5 == 0 ? "T4|G2" : ""));
    }
    Files.writeString(directory.resolve("openb_pod_list_tiny.csv"), pods);
  }

  private int run(String... arguments) {
    CommandLine line = Simulator.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  private int simulate(String... more) {
    String[] arguments = new String[more.length + 5];
    arguments[0] = "simulate";
    arguments[1] = "--nodes";
    arguments[2] = directory.resolve("openb_node_list_gpu_node.csv").toString();
    arguments[3] = "--pods";
    arguments[4] = directory.resolve("openb_pod_list_tiny.csv").toString();
    System.arraycopy(more, 0, arguments, 5, more.length);
    return run(arguments);
  }

  @Test
  void printsALineForEachPolicy() {
    assertThat(simulate("--policy", "all", "--seeds", "42..43")).isZero();

    assertThat(out.toString())
        .startsWith("nodes: 6, GPUs: 24, pods listed: 30, seeds: 42..43, GPU wanted: 130 %\n")
        .contains("policy", "allocated %", "first refusal %", "fragmented %", "decisions/s")
        .containsSubsequence("random", "dot-product", "clustering", "packing", "best-fit", "fgd");
  }

  @Test
  void printsNothingButJsonWhenAskedTo() throws IOException {
    assertThat(simulate("--json", "-", "--seeds", "7..8")).isZero();

    JsonNode policy = new ObjectMapper().readTree(out.toString()).get("policies").get(0);
    assertThat(policy.get("policy").asText()).isEqualTo("notebay");
    assertThat(policy.get("runs")).hasSize(2);
    assertThat(policy.get("runs").get(1).get("seed").asInt()).isEqualTo(8);
    assertThat(policy.get("runs").get(1).get("curve").size()).isGreaterThan(10);
  }

  @Test
  void drawsCurves() throws IOException {
    Path svg = directory.resolve("curves.svg");
    Path png = directory.resolve("curves.png");

    assertThat(simulate("--policy", "all", "--plot", svg.toString())).isZero();
    assertThat(simulate("--plot", png.toString())).isZero();

    assertThat(svg).content().contains("<svg", "<path");
    assertThat(Files.readAllBytes(png)).startsWith(0x89, 'P', 'N', 'G');
  }

  @Test
  void refusesWhatItCannotUse() {
    assertThat(simulate("--policy", "best")).isEqualTo(2);
    assertThat(simulate("--plot", "curves.gif")).isEqualTo(2);
    assertThat(simulate("--seeds", "9..1")).isEqualTo(2);
    assertThat(simulate("--inflate", "0")).isEqualTo(2);
    assertThat(simulate("--seed", "1", "--seeds", "1..2")).isEqualTo(2);
    assertThat(simulate("--json", directory.resolve("no/such/file").toString())).isEqualTo(2);
    assertThat(run("simulate", "--pods", "x")).isEqualTo(2);

    assertThat(err.toString())
        .containsSubsequence(
            "simulate: --policy: best (expected: all, or one of random, dot-product,",
            "simulate: --plot: curves.gif (expected: a name that ends in .svg or .png)",
            "simulate: --seeds: 9..1 (expected: two numbers such as 42..51",
            "simulate: --inflate: 0.0 (expected: above 0, at most 100)",
            "simulate: --seed and --seeds (expected: one of them)",
            "no/such/file: cannot be written",
            "Missing required argument(s): --nodes=CSV");
  }

  @Test
  void measuresQualityOverADirectoryOfLists() {
    assertThat(run("bench", "placement", "--only", "quality", "--data", directory.toString()))
        .isZero();

    assertThat(out.toString()).contains("mean GPU allocated, %", "tiny", "fgd published");
  }
}
