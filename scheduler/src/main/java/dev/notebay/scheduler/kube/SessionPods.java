package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.Optional;

/** The pods of our sessions, and the nodes of the cluster, as they were last heard. */
public interface SessionPods {
  /** Whether everything has been seen once. Before that, what is not here may be there. */
  boolean isSynced();

  /** Unfinished and finished: metadata, status, and of the specification {@code nodeName}. */
  Collection<Pod> sessions();

  /** One of {@link #sessions()}, by its name. */
  Optional<Pod> session(String name);

  Optional<Node> node(String name);
}
