package dev.notebay.scheduler.kube.testing;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** An API server, real or not. */
sealed interface TestApi permits RealApi, MockApi {
  String ASSETS = "KUBEBUILDER_ASSETS";

  Config config();

  /** A test class needs it no longer. */
  void release();

  /** The real one, if there is any, or a new mock. */
  static TestApi get(ExtensionContext context) throws IOException {
    String assets = System.getenv(ASSETS);
    ExtensionContext.Store store = context.getRoot().getStore(Namespace.create(TestApi.class));
    if (assets == null || assets.isBlank()) {
      store.computeIfAbsent(
          MockApi.class, _ -> say("Fabric8 mock (" + ASSETS + " is not set)"), String.class);
      return new MockApi();
    }
    // The store closes it after the last test of all.
    RealApi real =
        store.computeIfAbsent(RealApi.class, _ -> RealApi.start(Path.of(assets)), RealApi.class);
    store.computeIfAbsent("said", _ -> say("real API server " + real.version()), String.class);
    return real;
  }

  private static String say(String which) {
    System.out.println("kubernetes tests: " + which);
    return which;
  }
}
