package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.kube.testing.Cluster;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The mock knows neither server-side apply nor uids that must match. */
class KubeSessionObjectApiTest extends SessionObjectApiContract {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @BeforeAll
  static void install() {
    CLUSTER.requireReal("server-side apply of custom resources");
    SessionDefinition.install(CLUSTER.client());
  }

  @Override
  SessionObjectApi api() {
    return new KubeSessionObjectApi(CLUSTER.client(), "replica-1");
  }

  @Override
  String namespace() {
    return CLUSTER.namespace();
  }

  @Override
  NotebookSession personCreates(NotebookSession object) {
    return CLUSTER.client().resource(object).create();
  }

  @Override
  void personDeletes(String name) {
    CLUSTER
        .client()
        .resources(NotebookSession.class)
        .inNamespace(namespace())
        .withName(name)
        .delete();
  }

  @Override
  Optional<NotebookSession> find(String name) {
    return Optional.ofNullable(
        CLUSTER
            .client()
            .resources(NotebookSession.class)
            .inNamespace(namespace())
            .withName(name)
            .get());
  }
}
