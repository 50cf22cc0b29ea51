package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.Optional;

/** What has become of the node of a pod, as far as that says something about the pod. */
public enum NodeFate {
  /** It is there; that it is silent says nothing about what runs on it. */
  PRESENT,
  /** Its object is deleted: an operator, or the cloud, says that the machine is no more. */
  GONE,
  /** An operator says that the machine is off, by the taint that Kubernetes has for it. */
  OUT_OF_SERVICE;

  /**
   * Where the node is in a state in which nothing on it may be assumed to run.
   *
   * @see <a href="https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/">Node
   *     shutdowns</a>
   */
  static final String OUT_OF_SERVICE_TAINT = "node.kubernetes.io/out-of-service";

  /**
   * @param node as it is now, empty if its object is gone
   */
  public static NodeFate of(Optional<Node> node) {
    if (node.isEmpty()) {
      return GONE;
    }
    return node.get().getSpec() != null
            && node.get().getSpec().getTaints().stream()
                .map(Taint::getKey)
                .anyMatch(OUT_OF_SERVICE_TAINT::equals)
        ? OUT_OF_SERVICE
        : PRESENT;
  }

  /** Whether what was on it can be taken for dead. */
  public boolean isLost() {
    return this != PRESENT;
  }
}
