package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.ADA;
import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SessionMirrorsTest {
  private static final String NAMESPACE = "notebay-sessions";

  private final SessionObjectCache cache = new SessionObjectCache(() -> {});
  private final FakeSessionObjectApi api = new FakeSessionObjectApi(cache);
  private final SessionRequests requests =
      new SessionRequests(
          new InMemorySessionStore(() -> NOON),
          Sessions.line(() -> List.of(Sessions.node("node-1", 4, "nvidia-t4"))),
          new NoAgents(),
          Allowance.USUAL,
          UUID::randomUUID,
          _ -> {});
  private final SessionMirrors mirrors = new SessionMirrors(cache, api, NAMESPACE, "notebay");

  @Test
  void theObjectOfASessionIsMadeOnceAndKnownFromThenOn() {
    mirrors.use(requests);
    Session session = create(new RequestKey(UUID.randomUUID(), "00"));

    OwnerReference owner = owner(session).orElseThrow();

    assertThat(owner(session)).contains(owner);
    assertThat(owner.getName()).isEqualTo("s" + session.id());
    assertThat(owner.getUid()).isEqualTo(api.get(owner.getName()).getMetadata().getUid());
    assertThat(owner.getController()).isTrue();
    assertThat(api.writes).containsExactly("apply s" + session.id());
  }

  @Test
  void whatSomebodyAppliedOwnsTheSessionThatItMadeBeforeItHasBeenToldSo() {
    mirrors.use(requests);
    NotebookSession applied = api.person(object("training", ADA, Map.of()));
    api.person(object("another", ADA, Map.of()));
    Session session = create(SessionLinks.request(applied));

    assertThat(owner(session).orElseThrow().getUid()).isEqualTo(applied.getMetadata().getUid());
    assertThat(api.writes).isEmpty();
  }

  @Test
  void anObjectOfSomebodyElseOwnsNothingWhateverItIsNamed() {
    mirrors.use(requests);
    Session session = create(new RequestKey(UUID.randomUUID(), "00"));
    api.person(
        object(
            "s" + session.id(), new Owner("mallory"), Map.of(Labels.MANAGED_BY, Labels.NOTEBAY)));

    assertThatThrownBy(() -> owner(session))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("cannot be changed");
  }

  @Test
  void whereTheClusterKnowsNoSuchObjectsSessionsGoOnWithout() {
    mirrors.use(requests);
    Session session = create(new RequestKey(UUID.randomUUID(), "00"));
    api.failWith(404);

    assertThat(owner(session)).isEmpty();
  }

  @Test
  void whoCannotMakeTheObjectNowIsToldSoAndMustAskAgain() {
    Session session = create(new RequestKey(UUID.randomUUID(), "00"));
    assertThatThrownBy(() -> owner(session)).isInstanceOf(ClusterUnavailable.class);

    mirrors.use(requests);
    api.failOnceAfter(0);
    assertThatThrownBy(() -> owner(session)).isInstanceOf(KubernetesClientException.class);

    assertThat(owner(session)).isPresent();
  }

  private Session create(RequestKey request) {
    return requests.create(ADA, Sessions.spec("nvidia-t4", 1), request, NOON).session();
  }

  private Optional<OwnerReference> owner(Session session) {
    return mirrors.ownerOf(session.id(), session.owner());
  }

  private static NotebookSession object(String name, Owner owner, Map<String, String> labels) {
    NotebookSession object =
        SessionLinks.mirror(
            Session.queued(Sessions.id(99), owner, Sessions.spec("nvidia-t4", 1), NOON),
            NAMESPACE,
            "notebay");
    object.getMetadata().setName(name);
    object.getMetadata().setLabels(labels);
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
