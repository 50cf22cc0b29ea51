package dev.notebay.scheduler.kube;

import java.util.Map;
import java.util.Set;

/**
 * What one pod has of its node, as far as placement is concerned: so little that the pods of a big
 * cluster can all be kept.
 *
 * @param key {@code namespace/name}
 * @param ephemeralBytes of the node's own disk
 * @param extended extended resources and how many
 * @param ours whether it is the pod of a session of ours, whose CPU and memory the ledger knows
 * @param devices ids that are booked for it, if it is
 */
public record PodUse(
    String key,
    String node,
    long cpuMilli,
    long memoryBytes,
    long ephemeralBytes,
    Map<String, Long> extended,
    boolean ours,
    Set<String> devices) {
  public PodUse {
    extended = Map.copyOf(extended);
    devices = Set.copyOf(devices);
  }
}
