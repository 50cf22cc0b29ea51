package dev.notebay.scheduler.kube.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.util.HashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Fabric8's mock, which keeps objects and serves watches, and checks next to nothing. */
final class MockApi implements TestApi {
  /** Tells of every request otherwise. Held, for loggers are only weakly kept. */
  private static final Logger REQUESTS = Logger.getLogger(MockWebServer.class.getName());

  private final KubernetesMockServer server =
      new KubernetesMockServer(
          new Context(),
          new MockWebServer(),
          new HashMap<>(),
          new KubernetesCrudDispatcher(),
          false);
  private final Config config;

  MockApi() {
    REQUESTS.setLevel(Level.WARNING);
    server.init();
    try (KubernetesClient client = server.createClient()) {
      config = client.getConfiguration();
    }
  }

  @Override
  public Config config() {
    return config;
  }

  @Override
  public void release() {
    server.destroy();
  }
}
