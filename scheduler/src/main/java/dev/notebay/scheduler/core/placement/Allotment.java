package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Compute;
import java.util.List;

/**
 * What one session takes of one node.
 *
 * @param devices ids of the devices on the node, in the node's order; empty for none
 * @param milli thousandths of each device
 * @param memoryBytes GPU memory of each device; 0 where it is not known
 */
public record Allotment(
    String node, List<String> devices, int milli, long memoryBytes, Compute compute) {
  public Allotment {
    devices = List.copyOf(devices);
  }
}
