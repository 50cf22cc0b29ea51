package dev.notebay.simulator.durable;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.kube.KubeClient;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.KubeSettingsFile;
import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.ListWatch;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Sessions from CreateSession over gRPC to a pod that is bound, on a real API server. */
public final class KubeBench {
  private static final String NAMESPACE = "notebay-sessions";
  private static final int MOST = 32_000;
  private static final int CALLERS = 128;
  private static final int WARM_UP = 2_000;
  private static final double STEADY = 50;

  /** Requests a second of kube-scheduler's client: more than it ever sends, and its default. */
  private static final int UNLIMITED = 5_000;

  private static final int STOCK_LIMIT = 50;
  private static final long BETWEEN_READS_NANOS = 2_000_000_000L;
  private static final Duration MEASURED = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Set<String> RESOURCES = Set.of("pods", "notebooksessions", "events");
  private static final Accelerator GPU =
      Accelerator.newBuilder().setType("gpu").setCount(1).build();
  private static final String SETTINGS =
      """
      installation: bench
      namespace: notebay-sessions
      images: {agent: "registry.example.org/agent:1", default: "registry.example.org/python:3"}
      scheduler: {address: "scheduler.example.org:7410"}
      acceleratorClasses: [{name: gpu, resource: nvidia.com/gpu}]
      """;

  private final Path assets;
  private final Path definitions;
  private final int nodes;
  private final int sessions;
  private final PrintWriter out;

  /**
   * @param assets directory with the programs of a control plane
   * @param definitions file of the custom resource
   */
  public KubeBench(Path assets, Path definitions, int nodes, int sessions, PrintWriter out) {
    this.assets = assets;
    this.definitions = definitions;
    this.nodes = nodes;
    this.sessions = sessions;
    this.out = out;
  }

  /**
   * What was measured.
   *
   * @param stockPerSecond pods that kube-scheduler binds as it is delivered; empty where it is not
   *     there
   */
  public record Figures(
      double perSecond,
      double steadyP99Millis,
      double writesPerSession,
      double restartSeconds,
      Optional<Double> stockPerSecond) {}

  public Figures run() throws IOException, InterruptedException {
    Path file = Files.writeString(Files.createTempFile("notebay-bench-", ".yaml"), SETTINGS);
    KubeSettings kube = KubeSettingsFile.read(file);
    Files.delete(file);
    try (var cluster = new BenchCluster(assets)) {
      cluster.populate(NAMESPACE, definitions, nodes);
      say("%d nodes with 8 GPUs each", nodes);
      Map<String, Integer> numbers = new ConcurrentHashMap<>();
      var load = new Load(MOST);
      double perSecond;
      double writes;
      double p99;
      double restart;
      try (Installation installation =
          Installation.startOn(
              KubeClient.of(cluster.config()),
              kube,
              new SimpleMeterRegistry(),
              session -> number(session, numbers))) {
        load.use(installation);
        ListWatch<Pod> bound = watchBound(cluster.client(), numbers, load);
        load.inAll(CALLERS, WARM_UP, GPU);
        await("the first are bound", () -> load.placements() >= WARM_UP);
        long written = writesAtRest(cluster);
        perSecond = sustained(load);
        writes = (double) (writesAtRest(cluster) - written) / sessions;
        say("API writes per session, with those of its NotebookSession: %.2f", writes);
        p99 = steady(load);
        say("memory of scheduler and clients (RSS): %d MiB", residentMebibytes());
        bound.close();
        restart = restart(installation, cluster, kube);
      }
      Optional<Double> stock = Optional.empty();
      if (cluster.hasScheduler()) {
        stock(cluster, UNLIMITED);
        stock = Optional.of(stock(cluster, STOCK_LIMIT));
      }
      return new Figures(perSecond, p99, writes, restart, stock);
    }
  }

  private static void number(Session session, Map<String, Integer> numbers) {
    numbers.putIfAbsent(session.id().toString(), Integer.parseInt(session.spec().displayName()));
  }

  private static ListWatch<Pod> watchBound(
      KubernetesClient client, Map<String, Integer> numbers, Load load)
      throws InterruptedException {
    ListWatch<Pod> watch =
        watch(
            client,
            pod -> {
              Integer number = numbers.get(pod.getMetadata().getLabels().get(Labels.SESSION));
              if (number != null) {
                load.reached(number);
              }
            });
    await("pods are watched", watch::isSynced);
    return watch;
  }

  private static ListWatch<Pod> watch(KubernetesClient client, Consumer<Pod> bound) {
    ListWatch<Pod> watch =
        new ListWatch<>(
            "bound-pods",
            ListWatch.Source.of(
                client.pods().inNamespace(NAMESPACE).withoutField("spec.nodeName", "")),
            new ListWatch.Mirror<>() {
              @Override
              public void put(Pod pod) {
                bound.accept(pod);
              }

              @Override
              public void remove(Pod pod) {}

              @Override
              public void only(Set<String> uids) {}
            },
            ListWatch.Timing.USUAL);
    watch.start();
    return watch;
  }

  private double sustained(Load load) throws InterruptedException {
    int first = load.asked();
    int before = load.placements();
    long began = System.nanoTime();
    load.inAll(CALLERS, sessions, GPU);
    double asked = (System.nanoTime() - began) / 1e9;
    await("all are bound", () -> load.placements() >= before + sessions);
    double seconds = (System.nanoTime() - began) / 1e9;
    Latencies latencies = load.since(first);
    say(
        "%d sessions, %d callers: created in %.1f s, all bound in %.1f s: %.0f sessions/s, p50 %.0f"
            + " ms, p99 %.0f ms",
        sessions,
        CALLERS,
        asked,
        seconds,
        sessions / seconds,
        latencies.millisAt(0.5),
        latencies.millisAt(0.99));
    return sessions / seconds;
  }

  /**
   * Once nothing more is written: what is told of sessions in their objects comes after their pods.
   */
  private static long writesAtRest(BenchCluster cluster) throws InterruptedException {
    long[] last = {-1};
    long[] read = {0};
    await(
        "nothing more is written",
        () -> {
          if (System.nanoTime() - read[0] < BETWEEN_READS_NANOS) {
            return false;
          }
          long before = last[0];
          last[0] = cluster.writes(RESOURCES);
          read[0] = System.nanoTime();
          return last[0] == before;
        });
    return last[0];
  }

  private double steady(Load load) throws InterruptedException {
    int first = load.asked();
    int before = load.placements();
    load.atRate(STEADY, MEASURED, GPU);
    int wanted = (int) (STEADY * MEASURED.toSeconds());
    await("all are bound", () -> load.placements() >= before + wanted);
    Latencies latencies = load.since(first);
    say(
        "at %.0f sessions/s: p50 %.0f ms, p99 %.0f ms",
        STEADY, latencies.millisAt(0.5), latencies.millisAt(0.99));
    return latencies.millisAt(0.99);
  }

  private double restart(Installation installation, BenchCluster cluster, KubeSettings kube)
      throws IOException, InterruptedException {
    var meters = new SimpleMeterRegistry();
    long began = System.nanoTime();
    installation.restartOn(KubeClient.of(cluster.config()), kube, meters);
    await(
        "a leader has passed",
        () ->
            meters.get("notebay.scheduler.leader").gauge().value() == 1
                && meters.get("notebay.reconcile").timer().count() > 1);
    double seconds = (System.nanoTime() - began) / 1e9;
    say("back in step after a restart in %.1f s", seconds);
    return seconds;
  }

  private double stock(BenchCluster cluster, int requestsPerSecond)
      throws IOException, InterruptedException {
    KubernetesClient client = cluster.client();
    // One by one: all at once takes longer than a request may.
    List<Pod> before = client.pods().inNamespace(NAMESPACE).list().getItems();
    BenchCluster.inParallel(
        before.size(), number -> client.resource(before.get(number)).withGracePeriod(0).delete());
    Set<String> bound = ConcurrentHashMap.newKeySet();
    Process scheduler = cluster.startScheduler(requestsPerSecond);
    ListWatch<Pod> watch = watch(client, pod -> bound.add(pod.getMetadata().getUid()));
    await("pods are watched", watch::isSynced);
    bound.clear();
    // Its caches fill before it binds the first.
    client.resource(plainPod("first-" + requestsPerSecond)).create();
    await("kube-scheduler binds", () -> !bound.isEmpty());
    long began = System.nanoTime();
    BenchCluster.inParallel(
        sessions,
        number -> client.resource(plainPod("plain-" + requestsPerSecond + "-" + number)).create());
    await("kube-scheduler has bound all", () -> bound.size() > sessions);
    double perSecond = sessions / ((System.nanoTime() - began) / 1e9);
    watch.close();
    scheduler.destroy();
    scheduler.onExit().join();
    say("kube-scheduler, client of %d requests/s: %.0f pods/s", requestsPerSecond, perSecond);
    return perSecond;
  }

  private static Pod plainPod(String name) {
    Map<String, Quantity> resources =
        Map.of(
            "cpu", new Quantity("100m"),
            "memory", new Quantity("128Mi"),
            "nvidia.com/gpu", new Quantity("1"));
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("kernel")
        .withImage("registry.example.org/python:3")
        .withNewResources()
        .withRequests(resources)
        .withLimits(resources)
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }

  private static long residentMebibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum()
        >> 10;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not within " + PATIENCE.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(5_000_000);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private void say(String format, Object... values) {
    out.printf(format + "%n", values);
    out.flush();
  }
}
