package dev.notebay.simulator.durable;

import dev.notebay.scheduler.kube.KubeClient;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * A real etcd and API server in a directory that is thrown away, with nodes that are only objects:
 * nothing ever runs.
 */
final class BenchCluster implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(120);
  private static final int AT_ONCE = 32;
  private static final long PAUSE_NANOS = 100_000_000;
  private static final Set<String> WRITES = Set.of("POST", "PUT", "PATCH", "APPLY", "DELETE");

  private final Path assets;
  private final Path directory = Files.createTempDirectory("notebay-bench-kube-");
  private final String token = UUID.randomUUID().toString();
  private final int port = freePort();
  private final List<Process> processes = new ArrayList<>();
  private final KubernetesClient client;

  /**
   * @param assets directory with {@code etcd} and {@code kube-apiserver}
   */
  BenchCluster(Path assets) throws IOException {
    this.assets = assets;
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill, "stop-kubernetes"));
    Files.writeString(directory.resolve("tokens.csv"), token + ",admin,1,\"system:masters\"\n");
    Installation.writeKeys(directory);
    String etcd = "http://127.0.0.1:" + freePort();
    String peers = "http://127.0.0.1:" + freePort();
    run(
        "etcd",
        "--data-dir=" + directory.resolve("etcd"),
        "--listen-client-urls=" + etcd,
        "--advertise-client-urls=" + etcd,
        "--listen-peer-urls=" + peers,
        "--initial-advertise-peer-urls=" + peers,
        "--initial-cluster=default=" + peers,
        "--log-level=warn",
        "--unsafe-no-fsync");
    run(
        "kube-apiserver",
        "--etcd-servers=" + etcd,
        "--bind-address=127.0.0.1",
        "--secure-port=" + port,
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/24",
        "--cert-dir=" + directory,
        "--token-auth-file=" + directory.resolve("tokens.csv"),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        "--service-account-key-file=" + directory.resolve("keys/jwt-public.pem"),
        "--service-account-signing-key-file=" + directory.resolve("keys/jwt-private.pem"),
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition");
    awaitReady();
    client = KubeClient.of(config());
  }

  KubernetesClient client() {
    return client;
  }

  Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://127.0.0.1:" + port)
        .withCaCertFile(directory.resolve("apiserver.crt").toString())
        .withOauthToken(token)
        .build();
  }

  /** Makes the namespace and so many nodes with eight GPUs each. */
  void populate(String namespace, Path definitions, int nodes) throws InterruptedException {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    try (var yaml = Files.newInputStream(definitions)) {
      client.load(yaml).create();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    inParallel(nodes, this::createNode);
  }

  private void createNode(int number) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName("node-" + number)
                .addToLabels("kubernetes.io/hostname", "node-" + number)
                .endMetadata()
                .withNewStatus()
                .withAllocatable(
                    Map.of(
                        "cpu", new Quantity("96"),
                        "memory", new Quantity("768Gi"),
                        "pods", new Quantity("110"),
                        "ephemeral-storage", new Quantity("2Ti"),
                        "nvidia.com/gpu", new Quantity("8")))
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .create();
  }

  /** Does it for every number from 0 on, some at a time. */
  static void inParallel(int times, IntConsumer work) throws InterruptedException {
    var permits = new Semaphore(AT_ONCE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int number = 0; number < times; number++) {
        int mine = number;
        permits.acquire();
        all.add(
            threads.submit(
                () -> {
                  try {
                    work.accept(mine);
                  } finally {
                    permits.release();
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } catch (ExecutionException failure) {
      throw new IllegalStateException(failure.getCause());
    }
  }

  /** How many writes of these resources the API server has answered, with their subresources. */
  long writes(Set<String> resources) {
    return client
        .raw("/metrics")
        .lines()
        .filter(line -> line.startsWith("apiserver_request_total{"))
        .filter(line -> resources.contains(label(line, "resource")))
        .filter(line -> WRITES.contains(label(line, "verb")))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String label(String line, String name) {
    int start = line.indexOf(name + "=\"") + name.length() + 2;
    return line.substring(start, line.indexOf('"', start));
  }

  /** Whether there is a kube-scheduler to compare with. */
  boolean hasScheduler() {
    return Files.isExecutable(assets.resolve("kube-scheduler"));
  }

  /**
   * Starts the stock scheduler.
   *
   * @param requestsPerSecond that its client may send; 50 is its default
   */
  Process startScheduler(int requestsPerSecond) throws IOException {
    Path kubeconfig = directory.resolve("scheduler.kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: %s}}]
        users: [{name: u, user: {token: %s}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        current-context: c
        """
            .formatted(port, directory.resolve("apiserver.crt"), token));
    Path config = directory.resolve("scheduler.yaml");
    Files.writeString(
        config,
        """
        apiVersion: kubescheduler.config.k8s.io/v1
        kind: KubeSchedulerConfiguration
        leaderElection: {leaderElect: false}
        clientConnection: {kubeconfig: %s, qps: %d, burst: %d}
        """
            .formatted(kubeconfig, requestsPerSecond, 2 * requestsPerSecond));
    return run(
        "kube-scheduler",
        "--config=" + config,
        "--secure-port=" + freePort(),
        "--authentication-kubeconfig=" + kubeconfig,
        "--authorization-kubeconfig=" + kubeconfig);
  }

  private Process run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(assets.resolve(program).toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(program + ".log").toFile())
            .start();
    processes.add(process);
    return process;
  }

  private void awaitReady() throws IOException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      if (Files.exists(directory.resolve("apiserver.crt"))) {
        try (KubernetesClient ready = KubeClient.of(config())) {
          if ("ok".equals(ready.raw("/readyz"))) {
            return;
          }
        } catch (KubernetesClientException notYet) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
      if (processes.stream().anyMatch(process -> !process.isAlive())
          || System.nanoTime() > deadline) {
        throw new IOException("the API server does not start; its log is in " + directory);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void kill() {
    processes.forEach(Process::destroyForcibly);
  }

  @Override
  public void close() throws IOException {
    client.close();
    kill();
    processes.forEach(process -> process.onExit().join());
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
