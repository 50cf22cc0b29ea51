package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.ADA;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.scheduler.kube.testing.TestSettings;
import dev.notebay.scheduler.local.Eventually;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SessionObjectServiceTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private final InMemorySessionStore store = new InMemorySessionStore();
  private final SessionRequests requests =
      new SessionRequests(
          store,
          Sessions.line(() -> List.of(Sessions.node("node-1", 4, "nvidia-t4"))),
          new NoAgents(),
          Allowance.USUAL,
          UUID::randomUUID,
          _ -> {});
  private final AtomicInteger heard = new AtomicInteger();
  private final SessionObjectService service =
      SessionObjectService.start(
          CLUSTER.client(), TestSettings.in(CLUSTER.namespace(), ""), "replica-1");

  @BeforeAll
  static void install() {
    if (CLUSTER.isReal()) {
      SessionDefinition.install(CLUSTER.client());
    }
  }

  @AfterEach
  void end() {
    service.close();
  }

  @Test
  void everyReplicaSeesWhichObjectOwnsWhatIsMadeForASession() {
    service.onChange(heard::incrementAndGet);
    Session session =
        Session.queued(
            new SessionId(UUID.randomUUID()), ADA, Sessions.spec("nvidia-t4", 1), Instant.EPOCH);
    NotebookSession made =
        CLUSTER
            .client()
            .resource(SessionLinks.mirror(session, CLUSTER.namespace(), "test"))
            .create();

    Eventually.await("seen", () -> owner(session).isPresent());

    assertThat(owner(session).orElseThrow())
        .satisfies(
            owner -> {
              assertThat(owner.getApiVersion()).isEqualTo("notebay.dev/v1alpha1");
              assertThat(owner.getKind()).isEqualTo("NotebookSession");
              assertThat(owner.getName()).isEqualTo("s" + session.id());
              assertThat(owner.getUid()).isEqualTo(made.getMetadata().getUid());
            });
    assertThat(heard).hasPositiveValue();
    made.getMetadata().setFinalizers(List.of());
    CLUSTER.client().resource(made).update();
    CLUSTER.client().resource(made).delete();
    Eventually.await("gone", () -> owner(session).isEmpty());
  }

  /** Nobody can look sessions up here, so that none is made. */
  private Optional<OwnerReference> owner(Session session) {
    try {
      return service.owners().ownerOf(session.id(), session.owner());
    } catch (ClusterUnavailable notSeen) {
      return Optional.empty();
    }
  }

  @Test
  void objectsAndSessionsComeIntoStepAndStayThereWhileTheApiServerIsAway() throws IOException {
    CLUSTER.requireReal("server-side apply, and an API server that can be stopped");
    SessionObjects objects =
        service.objects(
            requests,
            _ -> Optional.empty(),
            Allowance.USUAL,
            store::unfinished,
            () -> true,
            () -> false,
            Instant::now);
    Session elsewhere =
        requests
            .create(
                ADA,
                Sessions.spec("nvidia-t4", 1),
                new RequestKey(UUID.randomUUID(), "00"),
                Instant.now())
            .session();
    Resource<NotebookSession> applied = CLUSTER.client().resource(object("training"));
    applied.create();

    Eventually.await(
        "both have objects and sessions",
        () -> {
          objects.runOnce();
          return store.unfinished().size() == 2
              && mirror(elsewhere) != null
              && applied.get().getStatus() != null;
        });
    assertThat(applied.get().getStatus().state()).isEqualTo(NotebookSessionStatus.State.QUEUED);

    CLUSTER.stopApiServer();
    requests.stop(ADA, elsewhere.id(), Optional.empty(), Instant.now());
    objects.runOnce();
    CLUSTER.startApiServer();
    applied.delete();

    Eventually.await(
        "the one is told that it is over, the other is stopped and gone",
        () -> {
          objects.runOnce();
          return store.unfinished().isEmpty()
              && applied.get() == null
              && mirror(elsewhere).getStatus().state() == NotebookSessionStatus.State.STOPPED;
        });
  }

  private static NotebookSession mirror(Session session) {
    return CLUSTER
        .client()
        .resources(NotebookSession.class)
        .inNamespace(CLUSTER.namespace())
        .withName("s" + session.id())
        .get();
  }

  private static NotebookSession object(String name) {
    var object = new NotebookSession();
    object.getMetadata().setName(name);
    object.getMetadata().setNamespace(CLUSTER.namespace());
    object.setSpec(Serialization.unmarshal("owner: bob", NotebookSessionSpec.class));
    return object;
  }

  private static final class NoAgents implements Agents {
    @Override
    public boolean isConnected(SessionId session) {
      return false;
    }

    @Override
    public Optional<AgentReport> lastReport(SessionId session) {
      return Optional.empty();
    }
  }
}
