package dev.notebay.scheduler.kube;

import dev.notebay.scheduler.kube.ListWatch.Source;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * All nodes of the cluster, the pods of our sessions, and what all other pods have of their nodes,
 * as they were last heard; made smaller, so that ten thousand nodes and a hundred thousand pods are
 * no burden. For any thread.
 */
public final class ClusterCache implements SessionPods, AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Map<String, PodUse>> usesByNode = new HashMap<>();
  private final Map<String, PodUse> uses = new HashMap<>();
  private final Map<String, String> uids = new HashMap<>();
  private final Map<String, Pod> sessions = new ConcurrentHashMap<>();
  private final String namespace;
  private final PodMapper pods;
  private final ListWatch<Node> nodeWatch;
  private final ListWatch<Pod> podWatch;
  private Set<String> changed = new HashSet<>();
  private volatile Runnable listener = () -> {};

  /**
   * Not started yet.
   *
   * @param settings which pods are ours
   */
  public ClusterCache(KubernetesClient client, KubeSettings settings) {
    this(client, settings, ListWatch.Timing.USUAL);
  }

  ClusterCache(KubernetesClient client, KubeSettings settings, ListWatch.Timing timing) {
    namespace = settings.namespace();
    pods = new PodMapper(settings.installation(), settings.namespace());
    nodeWatch = new ListWatch<>("nodes", Source.of(client.nodes()), new Nodes(), timing);
    podWatch =
        new ListWatch<>("pods", Source.of(client.pods().inAnyNamespace()), new Pods(), timing);
  }

  /** A node and all that is on it. */
  public record NodeView(Node node, Collection<PodUse> pods) {}

  /** Begins to watch. */
  public void start() {
    nodeWatch.start();
    podWatch.start();
  }

  /** Whether everything has been seen once. Before that, what is not here may be there. */
  @Override
  public boolean isSynced() {
    return nodeWatch.isSynced() && podWatch.isSynced();
  }

  /**
   * Waits until {@link #isSynced}.
   *
   * @return whether it is, within the bound
   */
  public boolean awaitSynced(Duration bound) {
    long deadline = System.nanoTime() + bound.toNanos();
    return nodeWatch.awaitSynced(bound)
        && podWatch.awaitSynced(Duration.ofNanos(deadline - System.nanoTime()));
  }

  /** How long ago the cluster was last heard, of whichever watch is the more silent one. */
  public Duration age() {
    return nodeWatch.age().compareTo(podWatch.age()) > 0 ? nodeWatch.age() : podWatch.age();
  }

  /** Why the cluster is not heard; empty where it is. */
  public String trouble() {
    return nodeWatch.trouble().isEmpty() ? podWatch.trouble() : nodeWatch.trouble();
  }

  /**
   * Calls this after every change of a node, and of a pod of ours that its node has begun with or
   * that is to go; it must return at once.
   */
  public void onChange(Runnable heard) {
    listener = heard;
  }

  /**
   * The pods of our sessions, unfinished and finished: metadata, status, and of the specification
   * only {@code nodeName}. Must not be changed.
   */
  @Override
  public Collection<Pod> sessions() {
    return sessions.values();
  }

  /** One of {@link #sessions()}, by its name. */
  @Override
  public Optional<Pod> session(String name) {
    return Optional.ofNullable(sessions.get(namespace + "/" + name));
  }

  /** A node as it was last seen, without its annotations and images. Must not be changed. */
  @Override
  public Optional<Node> node(String name) {
    lock.lock();
    try {
      return Optional.ofNullable(nodes.get(name));
    } finally {
      lock.unlock();
    }
  }

  /** How many nodes and pods are kept. */
  public int size() {
    lock.lock();
    try {
      return nodes.size() + uids.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The nodes that have changed, or on which anything has, since the last call: for one caller.
   *
   * @return by name; empty for those that are gone
   */
  public Map<String, Optional<NodeView>> takeChanges() {
    lock.lock();
    try {
      if (changed.isEmpty()) {
        return Map.of();
      }
      Map<String, Optional<NodeView>> views = new HashMap<>();
      for (String name : changed) {
        views.put(
            name,
            Optional.ofNullable(nodes.get(name))
                .map(
                    node ->
                        new NodeView(
                            node, List.copyOf(usesByNode.getOrDefault(name, Map.of()).values()))));
      }
      changed = new HashSet<>();
      return views;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    nodeWatch.close();
    podWatch.close();
  }

  /** Changes what is kept; {@code change} says whether that is news for the listener. */
  private void change(BooleanSupplier change) {
    boolean news;
    lock.lock();
    try {
      news = change.getAsBoolean();
    } finally {
      lock.unlock();
    }
    if (news) {
      listener.run();
    }
  }

  private static Node trimmed(Node node) {
    return new NodeBuilder()
        .withMetadata(
            new ObjectMetaBuilder()
                .withName(node.getMetadata().getName())
                .withUid(node.getMetadata().getUid())
                .withLabels(node.getMetadata().getLabels())
                .withDeletionTimestamp(node.getMetadata().getDeletionTimestamp())
                .build())
        .withSpec(Objects.requireNonNullElseGet(node.getSpec(), NodeSpec::new))
        .withStatus(trimmed(Objects.requireNonNullElseGet(node.getStatus(), NodeStatus::new)))
        .build();
  }

  /** Without images, addresses, and the time of the last heartbeat, which is no news. */
  private static NodeStatus trimmed(NodeStatus status) {
    return new NodeStatusBuilder()
        .withAllocatable(status.getAllocatable())
        .withConditions(
            status.getConditions().stream()
                .map(condition -> condition.toBuilder().withLastHeartbeatTime(null).build())
                .toList())
        .build();
  }

  private final class Nodes implements ListWatch.Mirror<Node> {
    @Override
    public void put(Node node) {
      Node kept = trimmed(node);
      String name = kept.getMetadata().getName();
      change(
          () -> {
            boolean news = !kept.equals(nodes.put(name, kept));
            return news && changed.add(name);
          });
    }

    @Override
    public void remove(Node node) {
      change(() -> drop(node.getMetadata().getName()));
    }

    @Override
    public void only(Set<String> uids) {
      change(
          () -> {
            List<Node> gone =
                nodes.values().stream()
                    .filter(node -> !uids.contains(node.getMetadata().getUid()))
                    .toList();
            gone.forEach(node -> drop(node.getMetadata().getName()));
            return !gone.isEmpty();
          });
    }

    private boolean drop(String name) {
      nodes.remove(name);
      return changed.add(name);
    }
  }

  private final class Pods implements ListWatch.Mirror<Pod> {
    @Override
    public void put(Pod pod) {
      String key = PodMapper.key(pod);
      Optional<Pod> session =
          pods.isOurs(pod) ? Optional.of(PodMapper.trimmed(pod)) : Optional.empty();
      Optional<PodUse> use = pods.use(pod);
      change(
          () -> {
            uids.put(key, pod.getMetadata().getUid());
            return keep(key, session, use);
          });
    }

    @Override
    public void remove(Pod pod) {
      String key = PodMapper.key(pod);
      // Another one may have its name by now.
      change(() -> pod.getMetadata().getUid().equals(uids.get(key)) && drop(key));
    }

    @Override
    public void only(Set<String> present) {
      change(
          () -> {
            List<String> gone =
                uids.entrySet().stream()
                    .filter(each -> !present.contains(each.getValue()))
                    .map(Map.Entry::getKey)
                    .toList();
            gone.forEach(this::drop);
            return !gone.isEmpty();
          });
    }

    private boolean drop(String key) {
      uids.remove(key);
      return keep(key, Optional.empty(), Optional.empty());
    }

    /** Returns whether a session's pod is another one than before, and not only made and bound. */
    private boolean keep(String key, Optional<Pod> session, Optional<PodUse> use) {
      use(key, use);
      if (session.isPresent()) {
        sessions.put(key, session.get());
        return !PodMapper.isOnlyMade(session.get());
      }
      return sessions.remove(key) != null;
    }

    private void use(String key, Optional<PodUse> use) {
      PodUse before = uses.get(key);
      if (use.equals(Optional.ofNullable(before))) {
        return;
      }
      if (before != null) {
        uses.remove(key);
        Map<String, PodUse> there = usesByNode.getOrDefault(before.node(), Map.of());
        there.remove(key);
        if (there.isEmpty()) {
          usesByNode.remove(before.node());
        }
        changed.add(before.node());
      }
      use.ifPresent(
          present -> {
            uses.put(key, present);
            usesByNode.computeIfAbsent(present.node(), _ -> new HashMap<>()).put(key, present);
            changed.add(present.node());
          });
    }
  }
}
