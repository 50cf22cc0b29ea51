package dev.notebay.simulator.openb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenbFilesTest {
  private static final String NODES = "sn,cpu_milli,memory_mib,gpu,model\n";
  private static final String PODS = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n";

  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("list.csv"), text);
  }

  @Test
  void readsNodesThatHaveGpus() throws IOException {
    NodeList list =
        NodeList.read(file(NODES + "a,64000,262144,2,P100\nb,32000,1024,0,\nc,8000,1024,1,T4\n"));

    assertThat(list.nodes()).extracting(Node::name).containsExactly("a", "c");
    assertThat(list.models()).containsExactly("p100", "t4");
    assertThat(list.capacityMilli()).isEqualTo(3000);
    assertThat(list.nodes().getFirst().memoryBytes()).isEqualTo(262144L << 20);
  }

  @Test
  void readsPodsInTheOrderOfTheirNamesAndSharesEqualRequests() throws IOException {
    List<Request> pods =
        PodList.read(
                file(
                    PODS
                        + "p2,1000,0,1,500,T4|P100\np1,2000,10,2,1000,\np3,1000,0,1,500,P100|T4\n"),
                List.of("p100", "t4"))
            .pods();

    assertThat(pods.get(0).accelerator().count()).isEqualTo(2);
    assertThat(pods.get(0).accelerator().types()).containsExactly("p100", "t4");
    assertThat(pods.get(1)).isSameAs(pods.get(2));
    assertThat(pods.get(1).accelerator().milli()).isEqualTo(500);
  }

  @Test
  void readsPodsWithoutAColumnOfModels() throws IOException {
    Path file = file("name,cpu_milli,memory_mib,num_gpu,gpu_milli\np1,2000,10,1,1000\n");

    assertThat(PodList.read(file, List.of("t4")).pods().getFirst().accelerator().types())
        .containsExactly("t4");
  }

  @Test
  void saysWhereANodeListIsWrong() throws IOException {
    assertBadNodes("", ": is empty (expected: a header line with");
    assertBadNodes("sn,cpu_milli\n", ":1: has no column memory_mib (found: sn, cpu_milli)");
    assertBadNodes(NODES + "a,x,1,1,T4\n", ":2: cpu_milli: x (expected: an integer)");
    assertBadNodes(NODES + "a,1,1,-1,T4\n", ":2: gpu: -1 (expected: 0 to 64)");
    assertBadNodes(
        NODES + "a,1,1,1,\n", ":2: model: empty (expected: a GPU model such as V100M16)");
    assertBadNodes(NODES + "a,1,1,1\n", ":2: has 4 values (expected: 5, as in the header)");
    assertBadNodes(NODES + "a,1,1,1,T4\na,1,1,1,T4\n", ":3: sn: a (expected: each node once)");
    assertBadNodes(NODES + "a,1,1,0,\n", ": has no node with a GPU");
  }

  private void assertBadNodes(String text, String message) throws IOException {
    Path file = file(text);
    assertThatThrownBy(() -> NodeList.read(file))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith(file + message);
  }

  @Test
  void saysWhereAPodListIsWrong() throws IOException {
    assertBadPods(PODS + "p,1,1,1,0,\n", ":2: gpu_milli: 0 (expected: 1 to 1000)");
    assertBadPods(PODS + "p,1,1,2,500,\n", ":2: gpu_milli: 500 (expected: 1000, as num_gpu is 2)");
    assertBadPods(PODS + "p,1,1,9,1000,\n", ":2: num_gpu: 9 (expected: 0 to 8)");
    assertBadPods(
        PODS + "p,1,1,1,1000,T4||P100\n",
        ":2: gpu_spec: T4||P100 (expected: a GPU model such as V100M16)");
  }

  private void assertBadPods(String text, String message) throws IOException {
    Path file = file(text);
    assertThatThrownBy(() -> PodList.read(file, List.of("t4")))
        .isInstanceOf(BadInput.class)
        .hasMessage(file + message);
  }

  @Test
  void saysThatAFileIsNotThere() {
    Path file = directory.resolve("none.csv");

    assertThatThrownBy(() -> NodeList.read(file))
        .hasMessage(file + ": does not exist (expected: a CSV file)");
  }

  @Test
  void generatesAFleetOfTheTracesSize() {
    assertThat(GeneratedTrace.openb().nodes()).hasSize(1213);
    assertThat(GeneratedTrace.openb().capacityMilli()).isEqualTo(6_212_000);
  }

  @Test
  void inflatesToJustBelowTheGpuThatIsWanted() {
    NodeList nodes = GeneratedTrace.openb();
    PodList pods = GeneratedTrace.pods(nodes, 1);
    for (double inflate : new double[] {0.2, 1, 1.3}) {
      Workload workload = Workload.of(nodes, pods, inflate, 7);
      long wanted = workload.arrivals().stream().mapToLong(PodList::milli).sum();
      assertThat(wanted / inflate / workload.capacityMilli()).isBetween(0.995, 1.0);
      assertThat(workload).isEqualTo(Workload.of(nodes, pods, inflate, 7));
      assertThat(workload).isNotEqualTo(Workload.of(nodes, pods, inflate, 8));
    }
  }
}
