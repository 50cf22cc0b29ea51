package dev.notebay.scheduler.config;

import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.session.NotebookSession;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Nodes with GPUs on a real API server, and what their kubelets do: pods that are bound run, pods
 * that are to go are let go. Watches out for a device that two pods have at once.
 */
public final class PlayedCluster implements AutoCloseable {
  private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");
  private static final long PAUSE_MILLIS = 100;

  private final KubernetesClient client;
  private final String namespace;
  private final Set<String> silent = new HashSet<>();
  private final ConcurrentLinkedQueue<String> doubled = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread kubelets;

  /** Adds nodes with so many GPUs each, and begins to play them. */
  public PlayedCluster(Cluster cluster, List<String> nodes, int gpus) {
    client = cluster.client();
    namespace = cluster.namespace();
    nodes.forEach(name -> add(name, gpus));
    kubelets = Thread.ofVirtual().start(this::run);
  }

  void add(String name, int gpus) {
    client
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    client
        .nodes()
        .withName(name)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .withNewStatus()
                    .withAllocatable(
                        Map.of(
                            "cpu", new Quantity("32"),
                            "memory", new Quantity("128Gi"),
                            "pods", new Quantity("110"),
                            "ephemeral-storage", new Quantity("1Ti"),
                            "nvidia.com/gpu", new Quantity(Integer.toString(gpus))))
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** From now on nothing comes of it; its pods stay as they are. */
  void silence(String node) {
    synchronized (silent) {
      silent.add(node);
    }
    ready(node, "Unknown");
  }

  /** It does what it has missed. */
  void speak(String node) {
    synchronized (silent) {
      silent.remove(node);
    }
    ready(node, "True");
  }

  private void ready(String node, String status) {
    client
        .nodes()
        .withName(node)
        .editStatus(
            each ->
                new NodeBuilder(each)
                    .editStatus()
                    .editMatchingCondition(condition -> condition.getType().equals("Ready"))
                    .withStatus(status)
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** Pods of sessions. */
  public List<Pod> pods() {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(Labels.MANAGED_BY, Labels.NOTEBAY)
        .list()
        .getItems();
  }

  /** Which of these pods are not owned by the object of their session that is there now. */
  public List<String> withoutOwner(List<Pod> pods) {
    Map<String, String> uids =
        objects().list().getItems().stream()
            .collect(
                Collectors.toMap(
                    object -> object.getMetadata().getName(),
                    object -> object.getMetadata().getUid()));
    return pods.stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .noneMatch(
                        owner ->
                            owner.getKind().equals("NotebookSession")
                                && owner.getUid().equals(uids.get(owner.getName()))))
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }

  /** The objects of sessions. */
  NonNamespaceOperation<
          NotebookSession, KubernetesResourceList<NotebookSession>, Resource<NotebookSession>>
      objects() {
    return client.resources(NotebookSession.class).inNamespace(namespace);
  }

  /** Takes an object away whatever keeps it. */
  void force(NotebookSession object) {
    Resource<NotebookSession> resource = objects().withName(object.getMetadata().getName());
    resource.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
    resource.delete();
  }

  /** Takes all objects away. */
  public void removeObjects() {
    objects().list().getItems().forEach(this::force);
  }

  /** Devices that two pods had at once, ever. */
  public List<String> doubled() {
    return List.copyOf(doubled);
  }

  static List<String> devices(Pod pod) {
    String ids = pod.getMetadata().getAnnotations().getOrDefault(Labels.DEVICES, "");
    return ids.isEmpty() ? List.of() : List.of(ids.split(","));
  }

  private void run() {
    try {
      do {
        try {
          runOnce();
        } catch (KubernetesClientException away) {
          // So is the kubelet's; it tries again as well.
          continue;
        }
      } while (!closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void runOnce() {
    List<Pod> bound = new ArrayList<>();
    for (Pod pod : pods()) {
      String node = pod.getSpec().getNodeName();
      if (node == null || node.isEmpty()) {
        continue;
      }
      bound.add(pod);
      synchronized (silent) {
        if (silent.contains(node)) {
          continue;
        }
      }
      if (pod.getMetadata().getDeletionTimestamp() != null) {
        client.resource(pod).withGracePeriod(0).delete();
      } else if (!"Running".equals(pod.getStatus().getPhase())) {
        say(pod.getMetadata().getName());
      }
    }
    Map<String, String> owners = new HashMap<>();
    for (Pod pod : bound) {
      for (String device : devices(pod)) {
        String other =
            owners.put(pod.getSpec().getNodeName() + "/" + device, pod.getMetadata().getName());
        if (other != null) {
          doubled.add(device + ": " + other + " and " + pod.getMetadata().getName());
        }
      }
    }
  }

  private void say(String name) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .editStatus(
            each ->
                new PodBuilder(each)
                    .editOrNewStatus()
                    .withPhase("Running")
                    .withContainerStatuses(List.of())
                    .addNewContainerStatus()
                    .withName("kernel")
                    .withImage("image")
                    .withImageID("image")
                    .withReady(true)
                    .withRestartCount(0)
                    .withNewState()
                    .withNewRunning(LONG_AGO.toString())
                    .endState()
                    .endContainerStatus()
                    .endStatus()
                    .build());
  }

  @Override
  public void close() {
    closed.countDown();
    kubelets.interrupt();
  }
}
