package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.scheduler.kube.session.NotebookSession;
import dev.notebay.scheduler.kube.session.SessionDefinition;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.scheduler.kube.testing.TestSettings;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the cluster's own garbage collector does to sessions whose object is taken away. */
class PodOwnerTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final String BOOKED =
      "SELECT device FROM scheduler.device_use WHERE used_until IS NULL";

  private static AutoCloseable collector;
  private static RealPostgres postgres;

  @TempDir private static Path home;

  private PlayedCluster nodes;
  private ClusterReplica scheduler;

  @BeforeAll
  static void startAll() throws Exception {
    collector = CLUSTER.startController("garbage-collector-controller");
    SessionDefinition.install(CLUSTER.client());
    postgres = RealPostgres.start();
    Replica.writeKeys(home);
  }

  @AfterAll
  static void stopAll() throws Exception {
    if (postgres != null) {
      postgres.close();
      collector.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    nodes = new PlayedCluster(CLUSTER, List.of("one"), 4);
    scheduler =
        ClusterReplica.start(
            home,
            postgres,
            CLUSTER.config(),
            TestSettings.in(
                CLUSTER.namespace(),
                "acceleratorClasses: [{name: nvidia-t4, resource: nvidia.com/gpu}]"),
            true);
  }

  @AfterEach
  void stop() throws IOException, SQLException {
    scheduler.close();
    nodes.close();
    CLUSTER.client().pods().inNamespace(CLUSTER.namespace()).withGracePeriod(0).delete();
    CLUSTER.client().nodes().delete();
    nodes.removeObjects();
    postgres.empty();
  }

  @Test
  void aDeletedObjectStaysUntilItsSessionIsOverAndNothingRunsAnyMore() {
    Session session = create();
    Pod pod = pod();
    nodes.silence("one");
    nodes.objects().withName(object().getMetadata().getName()).delete();

    await("stopped", () -> get(session).getState() == State.STATE_STOPPING);
    await("its pod is to go", () -> pod().getMetadata().getDeletionTimestamp() != null);
    assertThat(pod().getMetadata().getUid()).isEqualTo(pod.getMetadata().getUid());
    assertThat(object().isMarkedForDeletion()).isTrue();
    assertThat(strings(BOOKED)).hasSize(1);

    nodes.speak("one");
    await(
        "all is gone", () -> nodes.pods().isEmpty() && nodes.objects().list().getItems().isEmpty());
    assertThat(get(session).getReason()).isEqualTo(Session.Reason.REASON_USER_REQUEST);
    assertThat(strings(BOOKED)).isEmpty();
  }

  @Test
  void anObjectThatIsTakenAwayByForceTakesItsPodAndTheDeviceIsFreeOnlyOnceThatIsGone() {
    Session session = create();
    pod();
    nodes.silence("one");
    nodes.force(object());

    await("the collector deletes it", () -> pod().getMetadata().getDeletionTimestamp() != null);
    assertThat(get(session).getState()).isEqualTo(State.STATE_STARTING);
    assertThat(strings(BOOKED)).hasSize(1);

    nodes.speak("one");
    await("started again, or over", () -> isOver(session) || hasOwnedPod());
    await("devices are those of pods", () -> strings(BOOKED).size() == nodes.pods().size());
    assertThat(nodes.doubled()).isEmpty();
  }

  private boolean isOver(Session session) {
    State state = get(session).getState();
    return state == State.STATE_STOPPED || state == State.STATE_FAILED;
  }

  private boolean hasOwnedPod() {
    List<Pod> pods = nodes.pods();
    return pods.size() == 1
        && pods.getFirst().getMetadata().getDeletionTimestamp() == null
        && nodes.withoutOwner(pods).isEmpty();
  }

  private Session create() {
    Session session =
        scheduler
            .replica()
            .sessions()
            .createSession(
                CreateSessionRequest.newBuilder()
                    .setRequestId(UUID.randomUUID().toString())
                    .setSession(
                        Session.newBuilder()
                            .setAccelerator(
                                Accelerator.newBuilder().setType("nvidia-t4").setCount(1)))
                    .build());
    await("it runs", () -> nodes.pods().stream().anyMatch(PodOwnerTest::runs));
    assertThat(nodes.withoutOwner(nodes.pods())).isEmpty();
    return session;
  }

  private static boolean runs(Pod pod) {
    return "Running".equals(pod.getStatus().getPhase());
  }

  private Session get(Session session) {
    return scheduler
        .replica()
        .sessions()
        .getSession(GetSessionRequest.newBuilder().setName(session.getName()).build());
  }

  private Pod pod() {
    return nodes.pods().getFirst();
  }

  private NotebookSession object() {
    return nodes.objects().list().getItems().getFirst();
  }

  private static List<String> strings(String sql) {
    try {
      return postgres.strings(sql);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
