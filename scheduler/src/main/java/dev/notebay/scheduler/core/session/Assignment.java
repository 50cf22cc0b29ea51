package dev.notebay.scheduler.core.session;

import java.time.Instant;
import java.util.List;

/**
 * The node and devices that a session has been given.
 *
 * @param node name of the node
 * @param devices ids of its devices, in the node's order
 * @param at when
 */
public record Assignment(String node, List<String> devices, Instant at) {
  public Assignment {
    devices = List.copyOf(devices);
  }
}
