package dev.notebay.scheduler.kube.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd and a real API server on free ports of this machine, in a temporary directory. There
 * is no controller and no kubelet. Admission that would need a controller is off, as in envtest:
 * nobody would make service accounts, or take the not-ready taint from new nodes.
 */
final class RealApi implements TestApi, AutoCloseable {
  private static final String CONTROLLERS = "kube-controller-manager";
  private static final Duration START = Duration.ofSeconds(120);
  private static final Duration END = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Path directory;
  private final Path assets;
  private final int port;
  private final int etcdPort;
  private final String token = UUID.randomUUID().toString();
  private final Process etcd;
  private @Nullable Process server;

  private RealApi(Path assets, Path directory) throws IOException {
    this.assets = assets;
    this.directory = directory;
    port = freePort();
    etcdPort = freePort();
    Files.writeString(directory.resolve("tokens.csv"), token + ",admin,1,\"system:masters\"\n");
    writeKeys();
    etcd = startEtcd();
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill, "stop-kubernetes"));
  }

  static RealApi start(Path assets) {
    try {
      var api = new RealApi(assets, Files.createTempDirectory("notebay-kube"));
      api.startServer();
      return api;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  void startServer() throws IOException {
    server =
        run(
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:" + etcdPort,
            "--bind-address=127.0.0.1",
            "--secure-port=" + port,
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/24",
            "--cert-dir=" + directory,
            "--token-auth-file=" + directory.resolve("tokens.csv"),
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-account-key-file=" + directory.resolve("account-public.pem"),
            "--service-account-signing-key-file=" + directory.resolve("account-private.pem"),
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
            "--allow-privileged=true");
    awaitReady();
  }

  /** Whether {@link #startController} can. */
  boolean hasControllers() {
    return Files.isExecutable(assets.resolve(CONTROLLERS));
  }

  /** Starts the one controller of the cluster's own that has this name. */
  Process startController(String name) throws IOException {
    Path kubeconfig = writeKubeconfig(directory.resolve("controllers.kubeconfig"));
    return run(
        CONTROLLERS,
        "--kubeconfig=" + kubeconfig,
        "--controllers=" + name,
        "--leader-elect=false",
        "--secure-port=0");
  }

  Path writeKubeconfig(Path file) throws IOException {
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: %s}}]
        users: [{name: u, user: {token: %s}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        current-context: c
        """
            .formatted(port, directory.resolve("apiserver.crt"), token));
  }

  void stopServer() {
    Process running = server;
    if (running != null) {
      end(running);
      server = null;
    }
  }

  void signal(String name) throws IOException {
    Process running = Objects.requireNonNull(server, "stopped");
    new ProcessBuilder("kill", "-" + name, Long.toString(running.pid())).start().onExit().join();
  }

  String version() {
    try (KubernetesClient client = client()) {
      return client.getKubernetesVersion().getGitVersion();
    }
  }

  @Override
  public Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://127.0.0.1:" + port)
        // Signed by itself.
        .withCaCertFile(directory.resolve("apiserver.crt").toString())
        .withOauthToken(token)
        .build();
  }

  /** Kept for the classes to come. */
  @Override
  public void release() {}

  @Override
  public void close() {
    kill();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void kill() {
    stopServer();
    end(etcd);
  }

  static void end(Process process) {
    process.destroyForcibly();
    try {
      if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("does not end: " + process);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Process startEtcd() throws IOException {
    String peers = "http://127.0.0.1:" + freePort();
    String clients = "http://127.0.0.1:" + etcdPort;
    return run(
        "etcd",
        "--name=test",
        "--data-dir=" + directory.resolve("etcd"),
        "--listen-client-urls=" + clients,
        "--advertise-client-urls=" + clients,
        "--listen-peer-urls=" + peers,
        "--initial-advertise-peer-urls=" + peers,
        "--initial-cluster=test=" + peers,
        "--log-level=warn",
        "--unsafe-no-fsync");
  }

  private Process run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(assets.resolve(program).toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log(program).toFile())
        .start();
  }

  private Path log(String program) {
    return directory.resolve(program + ".log");
  }

  private void awaitReady() throws IOException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!isReady()) {
      Process running = server;
      if (running == null || !running.isAlive() || System.nanoTime() > deadline) {
        String log = Files.readString(log("kube-apiserver"));
        throw new IOException(
            "kube-apiserver is not ready: " + log.substring(Math.max(0, log.length() - 2000)));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private boolean isReady() {
    if (!Files.exists(directory.resolve("apiserver.crt"))) {
      return false;
    }
    try (KubernetesClient client = client()) {
      return "ok".equals(client.raw("/readyz"));
    } catch (KubernetesClientException notYet) {
      return false;
    }
  }

  private KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config()).withRequestRetryBackoffLimit(0).build())
        .build();
  }

  private void writeKeys() throws IOException {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      for (Map.Entry<String, Key> each :
          Map.<String, Key>of("PRIVATE", pair.getPrivate(), "PUBLIC", pair.getPublic())
              .entrySet()) {
        String kind = each.getKey() + " KEY-----\n";
        Files.writeString(
            directory.resolve("account-" + each.getKey().toLowerCase(Locale.ROOT) + ".pem"),
            "-----BEGIN "
                + kind
                + Base64.getMimeEncoder().encodeToString(each.getValue().getEncoded())
                + "\n-----END "
                + kind);
      }
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("every JDK has EC keys", missing);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
