package dev.notebay.reliability.processes;

import dev.notebay.reliability.processes.Outside.Row;
import dev.notebay.scheduler.config.PlayedCluster;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * An installation on a cluster whose nodes are played, with people who use it, that something is
 * done to again and again; each time rows, devices and pods must come to agree.
 */
final class ClusterTrials implements AutoCloseable {
  private static final Duration AT_ALL = Duration.ofSeconds(60);
  private static final Duration START = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final int PEOPLE = 3;
  private static final int GPUS = 4;
  private static final String SETTINGS =
      """
      installation: test
      namespace: %s
      images: {agent: "registry.example.org/agent:1", default: "registry.example.org/python:3"}
      scheduler: {address: "notebay-scheduler.notebay.svc:7410"}
      acceleratorClasses: [{name: nvidia-t4, resource: nvidia.com/gpu}]
      """;

  private final Cluster cluster;
  private final PlayedCluster nodes;
  private final DeviceWatch devices;
  private final Installation installation;
  private final Acknowledged acknowledged = new Acknowledged();
  private final AcknowledgedVolumes volumes = new AcknowledgedVolumes();
  private final Workload workload;
  private final List<Duration> convergence = new ArrayList<>();

  /**
   * Starts all of it.
   *
   * @param home does not exist yet; removed at the end
   */
  ClusterTrials(Cluster cluster, Path home, long seed) throws Exception {
    this.cluster = cluster;
    defineSessions(cluster.client());
    nodes = new PlayedCluster(cluster, List.of("one", "two"), GPUS);
    devices = new DeviceWatch(cluster.client(), cluster.namespace());
    Path files = Files.createDirectories(home.resolveSibling(home.getFileName() + "-cluster"));
    installation =
        new Installation(
            home,
            Distribution.built(),
            new Database(home),
            Map.of(
                "NOTEBAY_LAUNCH", "kubernetes",
                "NOTEBAY_VOLUMES", "claims",
                "NOTEBAY_CLAIM_NAMESPACE", cluster.namespace(),
                "NOTEBAY_KUBERNETES_CONFIG",
                    Files.writeString(
                            files.resolve("kubernetes.yaml"),
                            SETTINGS.formatted(cluster.namespace()))
                        .toString(),
                "KUBECONFIG", cluster.writeKubeconfig(files.resolve("kubeconfig")).toString()));
    installation.up();
    workload =
        new Workload(installation, acknowledged, volumes, new SessionHistory(), PEOPLE, seed);
  }

  /** As the chart does. */
  private static void defineSessions(KubernetesClient client) throws IOException {
    Path chart = Distribution.built().resolveSibling("../src/main/helm/notebay");
    try (InputStream yaml = Files.newInputStream(chart.resolve("crds/notebooksessions.yaml"))) {
      client.load(yaml).serverSideApply();
    }
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("notebooksessions.notebay.dev")
        .waitUntilCondition(
            found ->
                found != null
                    && found.getStatus() != null
                    && found.getStatus().getConditions().stream()
                        .anyMatch(
                            each ->
                                each.getType().equals("Established")
                                    && each.getStatus().equals("True")),
            START.toSeconds(),
            TimeUnit.SECONDS);
  }

  Installation installation() {
    return installation;
  }

  Workload workload() {
    return workload;
  }

  /** One trial, as {@link Trials#run(String, Trials.Harm)}. */
  void run(String name, Trials.Harm harm) throws Exception {
    workload.resume();
    harm.run();
    workload.hush();
    installation.scheduler().requireServing();
    long serves = System.nanoTime();
    workload.awaitAnswers();
    Outside seen = agreed(name, serves);
    convergence.add(Duration.ofNanos(System.nanoTime() - serves));
    workload.readAll();
    List<String> wrong = new ArrayList<>(Invariants.violations(seen));
    wrong.addAll(acknowledged.violations(Outside.look(installation).rows()));
    wrong.addAll(volumes.violations(seen.volumes()));
    wrong.addAll(workload.violations());
    wrong.addAll(devices.doubled());
    wrong.addAll(Outside.overlaps(installation));
    if (!wrong.isEmpty()) {
      throw failure(name, wrong);
    }
  }

  /** As somebody with kubectl may. */
  void deleteAnyPod(SplittableRandom random) {
    List<Pod> pods = nodes.pods();
    if (!pods.isEmpty()) {
      cluster.client().resource(pods.get(random.nextInt(pods.size()))).delete();
    }
  }

  private Outside agreed(String name, long since) throws Exception {
    while (true) {
      Outside seen = Outside.look(installation);
      List<String> open = disagreements(seen);
      // Rows may have changed between them and the pods.
      if (open.isEmpty() && versions(seen).equals(versions(Outside.look(installation)))) {
        return seen;
      }
      if (System.nanoTime() - since > AT_ALL.toNanos()) {
        throw failure(name + ": pods, rows and devices do not agree in " + AT_ALL, open);
      }
      Poll.pause(LOOK);
    }
  }

  private static Map<String, Long> versions(Outside seen) {
    Map<String, Long> versions = new HashMap<>();
    seen.rows().forEach(row -> versions.put(row.id().toString(), row.version()));
    return versions;
  }

  /**
   * Every session that holds devices has its pod, on its node, with these devices, owned by its
   * object; no other pod is there; what is booked is what pods have.
   */
  private List<String> disagreements(Outside seen) throws IOException, SQLException {
    List<String> open = new ArrayList<>();
    Map<String, Pod> pods = new HashMap<>();
    nodes.pods().forEach(pod -> pods.put(pod.getMetadata().getName(), pod));
    nodes
        .withoutOwner(List.copyOf(pods.values()))
        .forEach(name -> open.add("not owned by its session's object: " + name));
    for (Row row : seen.rows()) {
      if (row.holds()) {
        Pod pod = pods.remove(row.runtime().toString());
        if (pod == null || pod.getSpec().getNodeName() == null) {
          open.add("no bound pod of " + row);
        } else if (!Set.copyOf(DeviceWatch.devices(pod)).equals(Set.copyOf(row.devices()))) {
          open.add("pod with " + DeviceWatch.devices(pod) + " of " + row);
        } else if (pod.getMetadata().getDeletionTimestamp() != null) {
          open.add("pod that is to go of " + row);
        }
      }
    }
    pods.keySet().forEach(name -> open.add("pod that nobody wants: " + name));
    return open;
  }

  private AssertionError failure(String what, List<String> wrong) throws IOException {
    return new AssertionError(
        what
            + ":\n"
            + String.join("\n", wrong)
            + "\nscheduler's log:\n"
            + installation.scheduler().logTail()
            + "\nstorage gateway's log:\n"
            + installation.storage().logTail());
  }

  /** How many creations and ends were acknowledged. */
  int acknowledged() {
    return acknowledged.count();
  }

  /** How long each trial took until all agreed. */
  List<Duration> convergence() {
    return convergence;
  }

  /** How many pods were bound. */
  int podsSeen() {
    return devices.bound();
  }

  @Override
  public void close() throws Exception {
    workload.close();
    installation.close();
    devices.close();
    nodes.close();
    cluster.client().pods().inNamespace(cluster.namespace()).withGracePeriod(0).delete();
    cluster.client().nodes().delete();
    nodes.removeObjects();
  }
}
