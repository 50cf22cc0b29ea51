package dev.notebay.scheduler.core.session;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The node and devices that a session has been given.
 *
 * @param node name of the node
 * @param type accelerator class of the devices, one of those that were asked for; {@code none}
 *     where it has none
 * @param devices ids of its devices, in the node's order
 * @param memory what a share has of its device's memory; empty for whole devices, which have all,
 *     and where the device's memory is not known
 * @param at when
 */
public record Assignment(
    String node, String type, List<String> devices, Optional<MemoryShare> memory, Instant at) {
  public Assignment {
    devices = List.copyOf(devices);
  }

  /** Of whole devices, or none. */
  public Assignment(String node, String type, List<String> devices, Instant at) {
    this(node, type, devices, Optional.empty(), at);
  }
}
