package dev.notebay.scheduler.kube.fleet;

import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.kube.ClusterCache;
import dev.notebay.scheduler.kube.ClusterCache.NodeView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The cluster's nodes. Only those are mapped again on which anything has changed, and as long as
 * that makes no difference the list stays the same object.
 */
public final class KubeFleet implements Fleet {
  private final ClusterCache cache;
  private final NodeMapper mapper;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Node> byName = new TreeMap<>();
  private List<Node> nodes = List.of();

  /**
   * @param cache whose changes nobody else takes
   */
  public KubeFleet(ClusterCache cache, NodeMapper mapper) {
    this.cache = cache;
    this.mapper = mapper;
  }

  @Override
  public List<Node> nodes() {
    lock.lock();
    try {
      boolean news = false;
      for (Map.Entry<String, Optional<NodeView>> change : cache.takeChanges().entrySet()) {
        Optional<Node> node =
            change.getValue().flatMap(view -> mapper.map(view.node(), view.pods()));
        Optional<Node> before =
            Optional.ofNullable(
                node.isPresent()
                    ? byName.put(change.getKey(), node.get())
                    : byName.remove(change.getKey()));
        news |= !node.equals(before);
      }
      if (news) {
        nodes = List.copyOf(byName.values());
      }
      return nodes;
    } finally {
      lock.unlock();
    }
  }
}
