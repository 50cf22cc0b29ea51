package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.session.Accelerator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The accelerator classes of which the operator lets several sessions have shares of one device.
 * None unless he says so: nothing keeps one session's code from another's on one GPU.
 */
record SharedClasses(Set<String> types) {
  private static final String VARIABLE = "NOTEBAY_SHARED_ACCELERATORS";

  /**
   * Reads {@code nvidia-t4,nvidia-l4}.
   *
   * @throws IllegalArgumentException when it is not such a list, with what was wrong in it
   */
  static SharedClasses parse(String text) {
    Set<String> types = new HashSet<>();
    for (String item : text.isBlank() ? List.<String>of() : List.of(text.split(",", -1))) {
      String type = item.strip();
      if (!Accelerator.isType(type) || type.equals(Accelerator.NONE.type())) {
        throw new IllegalArgumentException(
            VARIABLE
                + ": "
                + type
                + " (expected: accelerator classes such as nvidia-t4, joined by commas)");
      }
      types.add(type);
    }
    return new SharedClasses(types);
  }

  /** The same devices, of which those of these classes may be shared. */
  List<Device> markIn(List<Device> devices) {
    return devices.stream()
        .map(
            device ->
                new Device(
                    device.id(),
                    device.type(),
                    device.memoryBytes(),
                    device.declared(),
                    types.contains(device.type())))
        .toList();
  }
}
