package dev.notebay.scheduler.local;

import com.sun.management.OperatingSystemMXBean;
import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The fleet of one machine, as it was when Notebay started: its processors, its memory without what
 * Notebay and the system need themselves, its NVIDIA GPUs, and devices that were only declared.
 */
public final class LocalFleet implements Fleet {
  private static final long GIB = 1L << 30;

  /** Kept for the system, PostgreSQL, three services and the agents: this part, at most 4 GiB. */
  private static final int RESERVE_DIVISOR = 8;

  private static final long RESERVE_MOST = 4 * GIB;
  private static final long MILLI = 1000;

  private final Node node;

  LocalFleet(Node node) {
    this.node = node;
  }

  /**
   * Looks at this machine.
   *
   * @param home the state directory, which remembers the machine's name: sessions and their devices
   *     are booked under it, so it stays when the host is renamed
   * @param searchPath where {@code nvidia-smi} is looked for
   * @param declared the value of {@code NOTEBAY_DECLARED_DEVICES}
   * @param shared the value of {@code NOTEBAY_SHARED_ACCELERATORS}
   * @throws IOException when the NVIDIA driver does not answer as it should, or the name cannot be
   *     kept
   * @throws IllegalArgumentException when {@code declared} or {@code shared} is wrong
   */
  public static LocalFleet look(Path home, String searchPath, String declared, String shared)
      throws IOException {
    List<Device> devices = new ArrayList<>(new NvidiaSmi(find(searchPath)).devices());
    devices.addAll(DeclaredDevices.parse(declared));
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new LocalFleet(
        new Node(
            new NodeName(home).keep(hostName()),
            Runtime.getRuntime().availableProcessors() * MILLI,
            forSessions(system.getTotalMemorySize()),
            SharedClasses.parse(shared).markIn(devices)));
  }

  @Override
  public List<Node> nodes() {
    return List.of(node);
  }

  static long forSessions(long memoryBytes) {
    return memoryBytes - Math.min(memoryBytes / RESERVE_DIVISOR, RESERVE_MOST);
  }

  private static Path find(String searchPath) {
    for (String directory : searchPath.split(":")) {
      Path candidate = Path.of(directory, "nvidia-smi");
      if (candidate.isAbsolute() && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return Path.of("/usr/bin/nvidia-smi");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unnamed) {
      return "localhost";
    }
  }
}
