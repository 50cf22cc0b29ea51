package dev.notebay.scheduler.kube.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.notebay.scheduler.kube.KubeClient;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A cluster without a kubelet, for the tests of one class: {@code @RegisterExtension static final
 * Cluster CLUSTER = new Cluster()}.
 *
 * <p>Where the environment names {@code KUBEBUILDER_ASSETS}, a directory with {@code etcd} and
 * {@code kube-apiserver} as envtest has it, it is a real API server, started once for all test
 * classes; then each class has a namespace of its own, and nodes are removed after it. Otherwise it
 * is Fabric8's mock in its CRUD mode, one for each class. Which of them is printed once.
 */
public final class Cluster implements BeforeAllCallback, AfterAllCallback {
  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private @Nullable TestApi api;
  private @Nullable KubernetesClient client;
  private String namespace = "";

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    TestApi started = TestApi.get(context);
    api = started;
    client = KubeClient.of(started.config());
    namespace = "test-" + NAMESPACES.incrementAndGet();
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    KubernetesClient open = client;
    if (open != null) {
      // The next class must not see them; there is no garbage collector that would delete pods.
      open.pods().inAnyNamespace().withGracePeriod(0).delete();
      open.nodes().delete();
      open.close();
    }
    TestApi used = api;
    if (used != null) {
      used.release();
    }
  }

  /** May do everything. */
  public KubernetesClient client() {
    return Objects.requireNonNull(client, "used as a static @RegisterExtension");
  }

  /** Reaches the cluster with all rights. */
  public Config config() {
    return api().config();
  }

  /** Writes how to reach it with all rights, as {@code kubectl} reads it. */
  public Path writeKubeconfig(Path file) throws IOException {
    return real().writeKubeconfig(file);
  }

  /** A namespace that no other test class has. */
  public String namespace() {
    return namespace;
  }

  /** Whether a real API server answers. */
  public boolean isReal() {
    return api() instanceof RealApi;
  }

  /** Skips the test where only the mock is there, which cannot do what is named. */
  public void requireReal(String what) {
    if (!isReal()) {
      System.out.println("skipped on the Fabric8 mock (KUBEBUILDER_ASSETS is not set): " + what);
    }
    assumeTrue(isReal(), () -> "needs a real API server (KUBEBUILDER_ASSETS): " + what);
  }

  /**
   * Starts one of the cluster's own controllers; skips the test where its program is not there.
   *
   * @param name as kube-controller-manager has it, such as {@code garbage-collector-controller}
   * @return what ends it
   */
  public AutoCloseable startController(String name) throws IOException {
    requireReal(name);
    boolean isThere = real().hasControllers();
    if (!isThere) {
      System.out.println("skipped (no kube-controller-manager beside the API server)");
    }
    assumeTrue(isThere, "needs kube-controller-manager in KUBEBUILDER_ASSETS");
    Process controller = real().startController(name);
    return () -> RealApi.end(controller);
  }

  /** Takes the real API server away, as a kill does; its data stay. */
  public void stopApiServer() {
    real().stopServer();
  }

  /** Brings the API server back to the same address; returns once it is ready. */
  public void startApiServer() throws IOException {
    real().startServer();
  }

  /** Lets the API server hang: connections stay, and nothing is answered. */
  public void freezeApiServer() throws IOException {
    real().signal("STOP");
  }

  /** Ends what {@link #freezeApiServer} began. */
  public void thawApiServer() throws IOException {
    real().signal("CONT");
  }

  private RealApi real() {
    if (api() instanceof RealApi real) {
      return real;
    }
    throw new IllegalStateException(
        "only a real API server can be stopped; call requireReal first");
  }

  private TestApi api() {
    return Objects.requireNonNull(api, "used as a static @RegisterExtension");
  }
}
