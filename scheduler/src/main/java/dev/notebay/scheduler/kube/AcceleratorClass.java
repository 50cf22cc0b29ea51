package dev.notebay.scheduler.kube;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What people ask for by one name, and where the cluster has it.
 *
 * @param name such as {@code nvidia-a100-80gb}
 * @param resource extended resource of which one is one device, such as {@code nvidia.com/gpu}
 * @param nodeSelector labels that a node of the class has
 * @param tolerations of its pods, beside the usual ones
 * @param runtimeClass of its pods, where not the usual one
 */
public record AcceleratorClass(
    String name,
    String resource,
    Map<String, String> nodeSelector,
    List<Toleration> tolerations,
    Optional<String> runtimeClass) {
  public AcceleratorClass {
    nodeSelector = Map.copyOf(nodeSelector);
    tolerations = List.copyOf(tolerations);
  }
}
