package dev.notebay.scheduler.kube.fleet;

import java.util.Map;

/**
 * The memory of one device, as the labels of its node tell it.
 *
 * @see <a
 *     href="https://github.com/NVIDIA/k8s-device-plugin/tree/main/docs/gpu-feature-discovery">GPU
 *     feature discovery: {@code nvidia.com/gpu.memory}, {@code nvidia.com/mig-….memory}</a>
 * @see <a href="https://github.com/ROCm/k8s-device-plugin/tree/master/cmd/k8s-node-labeller">AMD's
 *     node labeller: {@code amd.com/gpu.vram}</a>
 */
final class DeviceMemory {
  private static final long MEBIBYTE = 1L << 20;
  private static final int GIBI = 30;

  private DeviceMemory() {}

  /** In bytes; 0 where no label tells it. */
  static long of(String resource, Map<String, String> labels) {
    String mebibytes = labels.get(resource + ".memory");
    if (mebibytes != null && mebibytes.matches("[0-9]{1,9}")) {
      return Long.parseLong(mebibytes) * MEBIBYTE;
    }
    String vram = labels.get(resource + ".vram");
    // It writes G for what is a multiple of 1024.
    if (vram != null && vram.matches("[0-9]{1,6}G")) {
      return Long.parseLong(vram.substring(0, vram.length() - 1)) << GIBI;
    }
    return 0;
  }
}
