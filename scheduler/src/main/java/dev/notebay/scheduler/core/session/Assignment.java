package dev.notebay.scheduler.core.session;

import java.time.Instant;
import java.util.List;

/**
 * The node and devices that a session has been given.
 *
 * @param node name of the node
 * @param type accelerator class of the devices, one of those that were asked for; {@code none}
 *     where it has none
 * @param devices ids of its devices, in the node's order
 * @param at when
 */
public record Assignment(String node, String type, List<String> devices, Instant at) {
  public Assignment {
    devices = List.copyOf(devices);
  }
}
