package dev.notebay.scheduler.local;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which device files a sandbox needs to use certain NVIDIA GPUs, and no others. */
final class GpuDeviceFiles {
  private static final List<String> SHARED =
      List.of("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset");

  private final Path dev;
  private final Path gpus;

  GpuDeviceFiles() {
    this(Path.of("/dev"), Path.of("/proc/driver/nvidia/gpus"));
  }

  /**
   * @param gpus the driver's directory with one directory per GPU
   */
  GpuDeviceFiles(Path dev, Path gpus) {
    this.dev = dev;
    this.gpus = gpus;
  }

  /**
   * The device files of the GPUs with these UUIDs.
   *
   * @throws IOException when one of them is not there
   */
  List<Path> of(List<String> uuids) throws IOException {
    if (uuids.isEmpty()) {
      return List.of();
    }
    List<Path> files = new ArrayList<>();
    for (String uuid : uuids) {
      Path file = dev.resolve("nvidia" + minor(uuid));
      if (!Files.exists(file)) {
        throw new IOException("GPU " + uuid + " has no device file " + file);
      }
      files.add(file);
    }
    for (String name : SHARED) {
      if (Files.exists(dev.resolve(name))) {
        files.add(dev.resolve(name));
      }
    }
    return files;
  }

  private String minor(String uuid) throws IOException {
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(gpus)) {
      for (Path directory : directories) {
        List<String> lines = Files.readAllLines(directory.resolve("information"));
        if (field(lines, "GPU UUID").filter(uuid::equals).isPresent()) {
          return field(lines, "Device Minor")
              .orElseThrow(() -> new IOException("GPU " + uuid + " has no minor number"));
        }
      }
    }
    throw new IOException("GPU " + uuid + " is not on this machine any more");
  }

  private static Optional<String> field(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst();
  }
}
