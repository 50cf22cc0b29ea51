package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.ArrayList;
import java.util.List;

/** Devices that the operator declares without having them, to try queueing. */
final class DeclaredDevices {
  static final String VARIABLE = "NOTEBAY_DECLARED_DEVICES";
  static final String PREFIX = "declared-";

  private static final int MOST = 1024;

  private DeclaredDevices() {}

  /**
   * Reads {@code nvidia-t4:4,nvidia-a100-80gb:1}.
   *
   * @throws IllegalArgumentException when it is not such a list, with what was wrong in it
   */
  static List<Device> parse(String text) {
    List<Device> devices = new ArrayList<>();
    if (text.isBlank()) {
      return devices;
    }
    for (String item : text.split(",", -1)) {
      String[] parts = item.strip().split(":", -1);
      if (parts.length != 2
          || !Accelerator.isType(parts[0])
          || parts[0].equals("none")
          || !parts[1].matches("[1-9][0-9]{0,3}")
          || devices.size() + Integer.parseInt(parts[1]) > MOST) {
        throw new IllegalArgumentException(
            VARIABLE
                + ": "
                + item.strip()
                + " (expected: class:count, such as nvidia-t4:4, joined by commas, at most "
                + MOST
                + " in all)");
      }
      for (int i = Integer.parseInt(parts[1]); i > 0; i--) {
        devices.add(
            new Device(
                PREFIX + devices.size(), parts[0], NvidiaClasses.usualMemoryBytes(parts[0]), true));
      }
    }
    return devices;
  }
}
