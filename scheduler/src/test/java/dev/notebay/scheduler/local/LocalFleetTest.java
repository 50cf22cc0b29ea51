package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalFleetTest {
  @TempDir Path directory;

  @Test
  void knowsThisMachine() throws IOException {
    List<Node> nodes = LocalFleet.look(directory, directory.toString(), "", "").nodes();

    assertThat(nodes).hasSize(1);
    assertThat(nodes.getFirst().name()).isNotBlank();
    assertThat(nodes.getFirst().cpuMilli()).isPositive();
    assertThat(nodes.getFirst().memoryBytes()).isPositive();
  }

  @Test
  void keepsItsNameWhenTheHostIsRenamed() throws IOException {
    assertThat(new NodeName(directory).keep("before")).isEqualTo("before");
    assertThat(new NodeName(directory).keep("after")).isEqualTo("before");
    assertThat(LocalFleet.look(directory, directory.toString(), "", "").nodes().getFirst().name())
        .isEqualTo("before");
  }

  @Test
  void keepsMemoryForItself() {
    assertThat(LocalFleet.forSessions(8L << 30)).isEqualTo(7L << 30);
    assertThat(LocalFleet.forSessions(256L << 30)).isEqualTo(252L << 30);
  }

  @Test
  void findsGpusAndAddsDeclaredOnes() throws IOException {
    nvidiaSmi(
        """
        echo 'GPU-1a2b, Tesla T4, 15360'
        echo 'GPU-3c4d, NVIDIA A100-SXM4-80GB, 81920'
        """);

    Node node =
        LocalFleet.look(directory, directory.toString(), "nvidia-l4:1", "").nodes().getFirst();

    assertThat(node.devices())
        .containsExactly(
            new Device("GPU-1a2b", "nvidia-t4", 15360L << 20, false),
            new Device("GPU-3c4d", "nvidia-a100-80gb", 81920L << 20, false),
            new Device("declared-0", "nvidia-l4", 24L << 30, true));
  }

  @Test
  void hasNoGpuWhereTheDriverFindsNone() throws IOException {
    nvidiaSmi("echo 'No devices were found'; exit 6");
    assertThat(
            LocalFleet.look(directory, directory.toString(), "", "").nodes().getFirst().devices())
        .isEmpty();
  }

  @Test
  void saysWhenTheDriverIsBroken() throws IOException {
    nvidiaSmi("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18");
    assertThatThrownBy(() -> LocalFleet.look(directory, directory.toString(), "", ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("exit status 18")
        .hasMessageContaining("version mismatch");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPU-1, Tesla T4", "1, Tesla T4, 3", "GPU-1, , 15360", "GPU-1, T4, 3, 4"})
  void refusesWhatNoDriverSays(String line) throws IOException {
    nvidiaSmi("echo '" + line + "'");
    assertThatThrownBy(() -> LocalFleet.look(directory, directory.toString(), "", ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected");
  }

  @ParameterizedTest
  @CsvSource({
    "Tesla T4, nvidia-t4",
    "NVIDIA L4, nvidia-l4",
    "NVIDIA A100-SXM4-40GB, nvidia-a100-40gb",
    "NVIDIA A100 80GB PCIe, nvidia-a100-80gb",
    "NVIDIA H100 80GB HBM3, nvidia-h100-80gb",
    "NVIDIA H200, nvidia-h200",
    "NVIDIA GeForce RTX 3090, nvidia-geforce-rtx-3090",
    "Quadro P400, nvidia-quadro-p400",
    "GRID T4-8C (beta), nvidia-grid-t4-8c-beta"
  })
  void namesAClassForEveryGpu(String name, String type) {
    assertThat(NvidiaClasses.of(name)).isEqualTo(type);
  }

  @Test
  void readsDeclaredDevices() {
    assertThat(DeclaredDevices.parse("")).isEmpty();
    assertThat(DeclaredDevices.parse("nvidia-t4:2, my-chip:1"))
        .containsExactly(
            new Device("declared-0", "nvidia-t4", 16L << 30, true),
            new Device("declared-1", "nvidia-t4", 16L << 30, true),
            new Device("declared-2", "my-chip", 0, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nvidia-t4",
        "nvidia-t4:",
        ":4",
        "nvidia-t4:0",
        "nvidia-t4:-1",
        "nvidia-t4:x",
        "T4:1",
        "none:1",
        "nvidia-t4:4,",
        "nvidia-t4:1:2",
        "nvidia-t4:9999",
        "nvidia t4:1"
      })
  void saysWhatIsWrongWithADeclaration(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeclaredDevices.parse(text))
        .withMessageContaining("NOTEBAY_DECLARED_DEVICES: ")
        .withMessageContaining("expected: class:count");
  }

  @Test
  void givesASandboxTheFilesOfItsOwnGpusOnly() throws IOException {
    Path gpus = gpu("0000:01:00.0", "GPU-1a2b", "1");
    gpu("0000:02:00.0", "GPU-3c4d", "0");
    Path dev = Files.createDirectories(directory.resolve("dev"));
    for (String name : List.of("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm")) {
      Files.createFile(dev.resolve(name));
    }
    var files = new GpuDeviceFiles(dev, gpus);

    assertThat(files.of(List.of())).isEmpty();
    assertThat(files.of(List.of("GPU-1a2b")))
        .containsExactly(
            dev.resolve("nvidia1"), dev.resolve("nvidiactl"), dev.resolve("nvidia-uvm"));
    assertThatThrownBy(() -> files.of(List.of("GPU-gone"))).hasMessageContaining("GPU-gone");
  }

  private Path gpu(String address, String uuid, String minor) throws IOException {
    Path gpus = directory.resolve("gpus");
    Path gpu = Files.createDirectories(gpus.resolve(address));
    Files.writeString(
        gpu.resolve("information"),
        "Model: \t\t Tesla T4\nGPU UUID: \t " + uuid + "\nDevice Minor: \t " + minor + "\n");
    return gpus;
  }

  private void nvidiaSmi(String script) throws IOException {
    Path file = directory.resolve("nvidia-smi");
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void onlyDevicesOfTheClassesThatTheOperatorNamesAreShared() throws IOException {
    assertThat(
            LocalFleet.look(
                    directory,
                    directory.toString(),
                    "nvidia-t4:1,nvidia-l4:1",
                    " nvidia-l4,my-chip")
                .nodes()
                .getFirst()
                .devices())
        .extracting(Device::type, Device::shareable)
        .containsExactly(tuple("nvidia-t4", false), tuple("nvidia-l4", true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "nvidia-t4,", "T4", "nvidia-t4:2"})
  void refusesWhatIsNoListOfSharedClasses(String text) {
    assertThatThrownBy(() -> LocalFleet.look(directory, directory.toString(), "", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NOTEBAY_SHARED_ACCELERATORS: ")
        .hasMessageContaining("expected: accelerator classes");
  }
}
