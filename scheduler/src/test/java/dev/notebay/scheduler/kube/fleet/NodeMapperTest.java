package dev.notebay.scheduler.kube.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.kube.PodUse;
import dev.notebay.scheduler.kube.testing.TestSettings;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeMapperTest {
  private static final long GIBIBYTE = 1L << 30;
  private static final String READY = "conditions: [{type: Ready, status: 'True'}]";
  private static final String PLAIN =
      "allocatable: {cpu: 7910m, memory: 30Gi, pods: '3', ephemeral-storage: 50Gi}";
  private static final String A100 =
      "labels: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB, nvidia.com/gpu.memory: '81920'}";

  private final NodeMapper mapper =
      new NodeMapper(
          TestSettings.of(
              """
              defaults:
                tolerations: [{key: notebooks, operator: Exists}]
                nodeSelector: {}
                ephemeralStorage: 10Gi
              acceleratorClasses:
                - name: nvidia-a100-80gb
                  resource: nvidia.com/gpu
                  nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}
                  tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
                - {name: nvidia-gpu, resource: nvidia.com/gpu}
                - {name: nvidia-a100-1g.10gb, resource: nvidia.com/mig-1g.10gb}
                - {name: amd-mi210, resource: amd.com/gpu}
              """));

  /** What the table shows of a node. */
  private static String show(Node node) {
    String devices =
        node.devices().stream()
            .collect(Collectors.groupingBy(Device::type, Collectors.counting()))
            .entrySet()
            .stream()
            .sorted(Map.Entry.comparingByKey())
            .map(each -> each.getKey() + " x" + each.getValue())
            .collect(Collectors.joining(", "));
    return (devices.isEmpty() ? "no devices" : devices)
        + (node.onlyWithDevices() ? ", only with devices" : "")
        + node.unavailable().map(why -> ", " + why).orElse("")
        + (node.taken().devices().isEmpty()
            ? ""
            : ", taken " + node.taken().devices().stream().sorted().toList());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a node without devices | {} | {} | no devices
          a class by its label | {LABELS} | {allocatable: {nvidia.com/gpu: 2}} | nvidia-a100-80gb x2
          another product | {} | {allocatable: {nvidia.com/gpu: 2}} | nvidia-gpu x2
          a slice beside whole ones | {LABELS} | {allocatable: {nvidia.com/gpu: 1, nvidia.com/mig-1g.10gb: 7}} | nvidia-a100-1g.10gb x7, nvidia-a100-80gb x1
          another maker | {} | {allocatable: {amd.com/gpu: 4}} | amd-mi210 x4
          a resource without a class | {} | {allocatable: {example.org/fpga: 4}} | no devices
          no device is healthy | {LABELS} | {allocatable: {nvidia.com/gpu: 0}} | no devices
          cordoned | {spec: {unschedulable: true}} | {} | no devices, cordoned
          not ready | {} | {conditions: [{type: Ready, status: 'False'}]} | no devices, not ready
          silent | {} | {conditions: [{type: Ready, status: Unknown}]} | no devices, silent
          no word yet | {} | {conditions: []} | no devices, silent
          pressure | {} | {conditions: [{type: Ready, status: 'True'}, {type: MemoryPressure, status: 'True'}, {type: DiskPressure, status: 'True'}]} | no devices, DiskPressure, MemoryPressure
          no network | {} | {conditions: [{type: Ready, status: 'True'}, {type: NetworkUnavailable, status: 'True'}]} | no devices, NetworkUnavailable
          being deleted | {metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}} | {} | no devices, is being deleted
          a taint that nobody tolerates | {spec: {taints: [{key: db, effect: NoSchedule}]}} | {} | no devices, tainted: db:NoSchedule
          a taint that is only a wish | {spec: {taints: [{key: db, effect: PreferNoSchedule}]}} | {} | no devices
          a taint that all tolerate | {spec: {taints: [{key: notebooks, value: x, effect: NoExecute}]}} | {} | no devices
          out of service | {spec: {taints: [{key: node.kubernetes.io/out-of-service, effect: NoExecute}]}} | {} | no devices, tainted: node.kubernetes.io/out-of-service:NoExecute
          a taint that the class tolerates | {LABELS, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}} | {allocatable: {nvidia.com/gpu: 2}} | nvidia-a100-80gb x2, only with devices
          a taint that one class of two tolerates | {LABELS, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}} | {allocatable: {nvidia.com/gpu: 1, nvidia.com/mig-1g.10gb: 1}} | nvidia-a100-1g.10gb x1, nvidia-a100-80gb x1, only with devices, taken [nvidia.com/mig-1g.10gb-0]
          a taint of one effect too much | {LABELS, spec: {taints: [{key: nvidia.com/gpu, effect: NoExecute}]}} | {allocatable: {nvidia.com/gpu: 1}} | nvidia-a100-80gb x1, tainted: nvidia.com/gpu:NoExecute, taken [nvidia.com/gpu-0]
          too little disk | {} | {allocatable: {ephemeral-storage: 9Gi}} | no devices, has too little ephemeral storage left
          no slot for a pod | {} | {allocatable: {pods: '0'}} | no devices, has all of its 0 pods
          """)
  void aNodeAlone(String what, String node, String status, String expected) {
    assertThat(mapper.map(node(node, status), List.of()).map(NodeMapperTest::show))
        .as(what)
        .contains(expected);
  }

  /** Pods are written {@code o<GPUs>} for others' and {@code s<device>+<device>} for sessions'. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          others are given the last | o1 | [nvidia.com/gpu-3]
          two others | o1 o2 | [nvidia.com/gpu-1, nvidia.com/gpu-2, nvidia.com/gpu-3]
          sessions keep what is booked | o1 s3 | [nvidia.com/gpu-2]
          sessions alone | s0+1 s2 | []
          others with more than there is left | o4 s0 | [nvidia.com/gpu-1, nvidia.com/gpu-2, nvidia.com/gpu-3]
          a booked one that is gone counts for another | s7 | [nvidia.com/gpu-3]
          """)
  void devicesOfOthers(String what, String pods, String taken) {
    Node node =
        mapper
            .map(node("{LABELS}", "{allocatable: {nvidia.com/gpu: 4, pods: 9}}"), pods(pods))
            .orElseThrow();

    assertThat(node.devices()).hasSize(4);
    assertThat(node.taken().devices().stream().sorted().toList().toString())
        .as(what)
        .isEqualTo(taken);
  }

  @Test
  void whatOthersHaveIsTakenAndWhatSessionsHaveIsLeftToTheLedger() {
    Node node = mapper.map(node("{}", "{}"), pods("o0 s")).orElseThrow();

    assertThat(node.cpuMilli()).isEqualTo(7910);
    assertThat(node.memoryBytes()).isEqualTo(30 * GIBIBYTE);
    assertThat(node.taken()).isEqualTo(new Node.Taken(500, GIBIBYTE, Set.of()));
  }

  @Test
  void everyPodNeedsASlotAndDiskWhoeverItBelongsTo() {
    assertThat(mapper.map(node("{}", "{}"), pods("o0 s")).orElseThrow().unavailable()).isEmpty();
    assertThat(
            mapper
                .map(node("{}", "{allocatable: {ephemeral-storage: 500Gi}}"), pods("o0 s s"))
                .orElseThrow()
                .unavailable())
        .contains("has all of its 3 pods");
    assertThat(
            mapper
                .map(node("{}", "{allocatable: {pods: '9'}}"), pods("s s s"))
                .orElseThrow()
                .unavailable())
        .contains("has too little ephemeral storage left");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nvidia.com/gpu | nvidia.com/gpu.memory: '81920' | 85899345920
          nvidia.com/gpu | nvidia.com/gpu.memory: lots | 0
          nvidia.com/mig-1g.10gb | nvidia.com/mig-1g.10gb.memory: '9728' | 10200547328
          nvidia.com/mig-1g.10gb | nvidia.com/gpu.memory: '81920' | 0
          amd.com/gpu | amd.com/gpu.vram: 64G | 68719476736
          amd.com/gpu | other: label | 0
          """)
  void theMemoryOfADeviceIsWhatItsLabelSays(String resource, String label, long bytes) {
    var node =
        node("{metadata: {labels: {" + label + "}}}", "{allocatable: {" + resource + ": 1}}");

    assertThat(mapper.map(node, List.of()).orElseThrow().devices())
        .extracting(Device::memoryBytes)
        .containsExactly(bytes);
  }

  @Test
  void aNodeWithoutTheLabelsOfAllSessionsOrWithAnotherSystemIsNoneOfTheFleet() {
    var selective = new NodeMapper(TestSettings.of("defaults: {nodeSelector: {pool: sessions}}"));

    assertThat(selective.map(node("{}", "{}"), List.of())).isEmpty();
    assertThat(selective.map(node("{metadata: {labels: {pool: sessions}}}", "{}"), List.of()))
        .isPresent();
    assertThat(
            mapper.map(node("{metadata: {labels: {kubernetes.io/os: windows}}}", "{}"), List.of()))
        .isEmpty();
  }

  private static io.fabric8.kubernetes.api.model.Node node(String node, String status) {
    var parsed =
        Serialization.unmarshal(
            "---\n" + node.replace("LABELS", "metadata: {" + A100 + "}"),
            io.fabric8.kubernetes.api.model.Node.class);
    var usual =
        Serialization.unmarshal(
            "---\n{spec: {}, status: {" + PLAIN + ", " + READY + "}}",
            io.fabric8.kubernetes.api.model.Node.class);
    var changed =
        Serialization.unmarshal(
            "---\n{status: " + status + "}", io.fabric8.kubernetes.api.model.Node.class);
    var allocatable = new HashMap<>(usual.getStatus().getAllocatable());
    allocatable.putAll(changed.getStatus().getAllocatable());
    usual.getStatus().setAllocatable(allocatable);
    if (status.contains("conditions")) {
      usual.getStatus().setConditions(changed.getStatus().getConditions());
    }
    return usual.toBuilder()
        .withMetadata(parsed.getMetadata())
        .editMetadata()
        .withName("node")
        .endMetadata()
        .withSpec(parsed.getSpec() == null ? usual.getSpec() : parsed.getSpec())
        .build();
  }

  private static List<PodUse> pods(String text) {
    List<PodUse> pods = new ArrayList<>();
    for (String each : text.split(" ")) {
      boolean ours = each.startsWith("s");
      String rest = each.substring(1);
      Set<String> devices =
          ours && !rest.isEmpty()
              ? Arrays.stream(rest.split("\\+"))
                  .map(index -> "nvidia.com/gpu-" + index)
                  .collect(Collectors.toSet())
              : Set.of();
      long gpus = ours ? devices.size() : Long.parseLong(rest);
      pods.add(
          new PodUse(
              "default/" + pods.size(),
              "node",
              500,
              GIBIBYTE,
              15 * GIBIBYTE,
              Map.of("nvidia.com/gpu", gpus),
              ours,
              devices));
    }
    return pods;
  }
}
