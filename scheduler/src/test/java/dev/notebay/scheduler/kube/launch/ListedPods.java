package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.kube.SessionPods;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Collection;
import java.util.Optional;

/** What a watch would have heard, asked for anew each time. */
record ListedPods(KubernetesClient client, String namespace) implements SessionPods {
  @Override
  public boolean isSynced() {
    return true;
  }

  @Override
  public Collection<Pod> sessions() {
    return client.pods().inNamespace(namespace).list().getItems();
  }

  @Override
  public Optional<Pod> session(String name) {
    return Optional.ofNullable(client.pods().inNamespace(namespace).withName(name).get());
  }

  @Override
  public Optional<Node> node(String name) {
    return Optional.ofNullable(client.nodes().withName(name).get());
  }
}
