package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.session.Accelerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks {@code nvidia-smi} which GPUs this machine has. */
final class NvidiaSmi {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long MIB = 1L << 20;

  private final Path executable;

  NvidiaSmi(Path executable) {
    this.executable = executable;
  }

  /**
   * The GPUs in the driver's order; none where there is no driver.
   *
   * @throws IOException when the driver is there and does not answer as it should
   */
  List<Device> devices() throws IOException {
    if (!Files.isExecutable(executable)) {
      return List.of();
    }
    var answer =
        BoundedCommand.run(
            List.of(
                executable.toString(),
                "--query-gpu=uuid,name,memory.total",
                "--format=csv,noheader,nounits"),
            LIMIT);
    if (answer.output().startsWith("No devices were found")) {
      return List.of();
    }
    if (answer.status() != 0) {
      throw new IOException(
          "nvidia-smi: exit status " + answer.status() + ": " + answer.output().strip());
    }
    List<Device> devices = new ArrayList<>();
    for (String line : answer.output().lines().toList()) {
      if (!line.isBlank()) {
        devices.add(parse(line));
      }
    }
    return devices;
  }

  private static Device parse(String line) throws IOException {
    String[] fields = line.split(",", -1);
    if (fields.length != 3 || !fields[0].strip().startsWith("GPU-")) {
      throw new IOException("nvidia-smi: " + line + " (expected: uuid, name, memory in MiB)");
    }
    String type = NvidiaClasses.of(fields[1]);
    if (!Accelerator.isType(type)) {
      throw new IOException("nvidia-smi: " + fields[1].strip() + " (expected: a name of a GPU)");
    }
    String memory = fields[2].strip();
    // Some GPUs share the machine's memory and say "[N/A]".
    long bytes = memory.matches("[0-9]{1,9}") ? Long.parseLong(memory) * MIB : 0;
    return new Device(fields[0].strip(), type, bytes, false);
  }
}
