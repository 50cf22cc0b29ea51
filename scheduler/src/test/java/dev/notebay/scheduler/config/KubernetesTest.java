package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.proto.runtime.v1.ConnectResponse.DirectiveCase;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.session.SessionDefinition;
import dev.notebay.scheduler.kube.testing.Cluster;
import dev.notebay.scheduler.kube.testing.TestSettings;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
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

/**
 * A whole scheduler with a real PostgreSQL against a real API server, on which the test plays the
 * nodes.
 */
class KubernetesTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final int KILLS = Integer.getInteger("kubernetes.kills", 20);

  private static RealPostgres postgres;
  private static KubeSettings settings;

  @TempDir private static Path home;

  private PlayedCluster nodes;
  private ClusterReplica scheduler;

  @BeforeAll
  static void startDatabase() throws Exception {
    CLUSTER.requireReal("a whole scheduler: bindings, uid preconditions, an API server that ends");
    SessionDefinition.install(CLUSTER.client());
    postgres = RealPostgres.start();
    Replica.writeKeys(home);
    settings =
        TestSettings.in(
            CLUSTER.namespace(),
            "acceleratorClasses: [{name: nvidia-t4, resource: nvidia.com/gpu}]");
  }

  @AfterAll
  static void stopDatabase() throws IOException {
    if (postgres != null) {
      postgres.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    postgres.empty();
    nodes = new PlayedCluster(CLUSTER, List.of("one", "two"), 4);
    scheduler = replica(true);
  }

  @AfterEach
  void stop() {
    scheduler.close();
    nodes.close();
    KubernetesClient client = CLUSTER.client();
    client.pods().inNamespace(CLUSTER.namespace()).withGracePeriod(0).delete();
    client.nodes().delete();
    nodes.removeObjects();
  }

  private ClusterReplica replica(boolean launches) throws IOException {
    return ClusterReplica.start(home, postgres, CLUSTER.config(), settings, launches);
  }

  /** Another process comes up after the killed one, whose lease has run out meanwhile. */
  private void restart() throws Exception {
    postgres.execute("UPDATE scheduler.leader SET expires = now()");
    scheduler = replica(true);
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @Test
  void aSessionBecomesAPodOnItsNodeWithItsDevicesAndItsEndIsThePods() throws Exception {
    Session session = create(2);
    Pod pod = bound(session);

    assertThat(pod.getSpec().getNodeName()).isIn("one", "two");
    assertThat(PlayedCluster.devices(pod)).hasSize(2);
    assertThat(nodes.withoutOwner(List.of(pod))).isEmpty();
    assertThat(booked(session)).isEqualTo(2);
    Replica.Agent agent = run(session);
    assertThat(get(session).getState()).isEqualTo(State.STATE_RUNNING);

    scheduler
        .replica()
        .sessions()
        .stopSession(StopSessionRequest.newBuilder().setName(session.getName()).build());
    agent.expect(DirectiveCase.STOP);
    await("ended", () -> get(session).getState() == State.STATE_STOPPED);
    assertThat(pod(session)).isEmpty();
    assertThat(booked(session)).isZero();
  }

  @Test
  void aPodThatIsDeletedByHandEndsItsSessionWithAReason() throws Exception {
    Session session = create(1);
    run(session);
    CLUSTER.client().resource(bound(session)).delete();

    await("ended", () -> get(session).getState() == State.STATE_FAILED);
    assertThat(get(session).getReason()).isNotEqualTo(Session.Reason.REASON_UNSPECIFIED);
    assertThat(booked(session)).isZero();
  }

  @Test
  void nothingIsPlacedAnewBecauseANodeIsSilent() throws Exception {
    Session session = create(1);
    run(session);
    Pod pod = bound(session);
    nodes.silence(pod.getSpec().getNodeName());

    Session other = create(4);
    assertThat(bound(other).getSpec().getNodeName()).isNotEqualTo(pod.getSpec().getNodeName());
    assertThat(get(session).getState()).isEqualTo(State.STATE_RUNNING);
    assertThat(bound(session).getMetadata().getUid()).isEqualTo(pod.getMetadata().getUid());
    assertThat(booked(session)).isEqualTo(1);
  }

  @Test
  void aNodeThatIsDeletedEndsItsSessions() throws Exception {
    Session session = create(1);
    run(session);
    String node = bound(session).getSpec().getNodeName();
    nodes.silence(node);
    CLUSTER.client().nodes().withName(node).delete();

    await("ended", () -> get(session).getState() == State.STATE_FAILED);
    assertThat(get(session).getReason()).isEqualTo(Session.Reason.REASON_NODE_LOST);
    await("its pod is gone", () -> pod(session).isEmpty());
  }

  @Test
  void aSchedulerThatDiesBetweenCommitAndCreateIsFollowedByOneThatCreates() throws Exception {
    scheduler.close();
    postgres.execute("UPDATE scheduler.leader SET expires = now()");
    scheduler = replica(false);
    Session session = create(1);
    await("committed", () -> get(session).getState() == State.STATE_STARTING);
    await("asked for", () -> scheduler.asked() > 0);
    assertThat(pod(session)).isEmpty();

    scheduler.kill();
    restart();
    assertThat(bound(session).getSpec().getNodeName()).isIn("one", "two");
  }

  @Test
  void whatHappensWhileTheApiServerIsAwayIsCaughtUpWith() throws Exception {
    Session before = create(1);
    run(before);
    CLUSTER.stopApiServer();
    Session meanwhile = create(1);
    try {
      await("committed", () -> get(meanwhile).getState() == State.STATE_STARTING);
      assertThat(get(before).getState()).isEqualTo(State.STATE_RUNNING);
    } finally {
      CLUSTER.startApiServer();
    }

    assertThat(bound(meanwhile).getSpec().getNodeName()).isNotEmpty();
    assertThat(get(before).getState()).isEqualTo(State.STATE_RUNNING);
  }

  @Test
  void aPodOfOursThatNoSessionWantsIsRemovedAndOneOfOthersNeverTouched() {
    var orphan = new RuntimeName(new SessionId(UUID.randomUUID()), 1);
    CLUSTER
        .client()
        .resource(
            pod(
                orphan.toString(),
                Map.of(
                    Labels.MANAGED_BY,
                    Labels.NOTEBAY,
                    Labels.INSTALLATION,
                    settings.installation(),
                    Labels.SESSION,
                    orphan.session().toString(),
                    Labels.ATTEMPT,
                    "1")))
        .create();
    CLUSTER.client().resource(pod("foreign", Map.of())).create();
    String likeOurs = new RuntimeName(new SessionId(UUID.randomUUID()), 1).toString();
    CLUSTER
        .client()
        .resource(
            pod(likeOurs, Map.of(Labels.MANAGED_BY, Labels.NOTEBAY, Labels.INSTALLATION, "b")))
        .create();

    await("removed", () -> find(orphan.toString()).isEmpty());
    assertThat(find("foreign").orElseThrow().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(find(likeOurs).orElseThrow().getMetadata().getDeletionTimestamp()).isNull();
  }

  @Test
  void killsAtRandomPointsLeavePodsRowsAndDevicesInAgreement() throws Exception {
    long seed = Long.getLong("kubernetes.seed", System.nanoTime());
    System.out.println("kills of the scheduler: " + KILLS + ", kubernetes.seed=" + seed);
    var random = new SplittableRandom(seed);
    List<Session> alive = new ArrayList<>();
    for (int kill = 0; kill < KILLS; kill++) {
      // One person may have eight that are not over.
      while (alive.size() < 6 && unfinished() < 8) {
        alive.add(create(1 + random.nextInt(2)));
      }
      if (random.nextInt(3) == 0) {
        pods(random).ifPresent(pod -> CLUSTER.client().resource(pod).delete());
      }
      if (random.nextBoolean() && !alive.isEmpty()) {
        Session stopped = alive.remove(random.nextInt(alive.size()));
        scheduler
            .replica()
            .sessions()
            .stopSession(StopSessionRequest.newBuilder().setName(stopped.getName()).build());
      }
      LockSupport.parkNanos(Duration.ofMillis(random.nextInt(400)).toNanos());
      scheduler.kill();
      restart();
      alive.removeIf(session -> isOver(get(session).getState()));
    }

    await("pods, rows and devices agree", this::agree);
    assertThat(nodes.doubled()).isEmpty();
  }

  private static int unfinished() {
    return strings("SELECT id FROM scheduler.session WHERE state <> 'ENDED'").size();
  }

  private Optional<Pod> pods(SplittableRandom random) {
    List<Pod> all = nodes.pods();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
  }

  /**
   * Every session that holds a node has its pod there with its devices, and nobody else has one.
   */
  private boolean agree() {
    List<String> rows =
        strings(
            """
            SELECT 's' || id || '-' || attempt || ' ' || node || ' ' || array_to_string(devices, ',')
            FROM scheduler.session WHERE node IS NOT NULL ORDER BY 1
            """);
    List<String> devices =
        strings(
            """
            SELECT node || ' ' || device FROM scheduler.device_use
            WHERE used_until IS NULL ORDER BY 1
            """);
    List<Pod> pods = nodes.pods();
    return strings("SELECT state FROM scheduler.session WHERE state = 'STOPPING'").isEmpty()
        && pods.stream()
            .map(
                pod ->
                    pod.getMetadata().getName()
                        + " "
                        + pod.getSpec().getNodeName()
                        + " "
                        + String.join(",", PlayedCluster.devices(pod)))
            .sorted()
            .toList()
            .equals(rows)
        && pods.stream()
            .flatMap(
                pod ->
                    PlayedCluster.devices(pod).stream()
                        .map(device -> pod.getSpec().getNodeName() + " " + device))
            .sorted()
            .toList()
            .equals(devices)
        && nodes.withoutOwner(pods).isEmpty();
  }

  private Session create(int gpus) {
    return scheduler
        .replica()
        .sessions()
        .createSession(
            CreateSessionRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setSession(
                    Session.newBuilder()
                        .setAccelerator(
                            Accelerator.newBuilder().setType("nvidia-t4").setCount(gpus)))
                .build());
  }

  private Session get(Session session) {
    return scheduler
        .replica()
        .sessions()
        .getSession(GetSessionRequest.newBuilder().setName(session.getName()).build());
  }

  private static boolean isOver(State state) {
    return state == State.STATE_STOPPED || state == State.STATE_FAILED;
  }

  private Replica.Agent run(Session session) throws Exception {
    Pod pod = bound(session);
    Replica.Agent agent =
        scheduler.replica().connect(runtimeOf(session), pod.getMetadata().getUid());
    agent.expect(DirectiveCase.CLAIMED);
    agent.ready();
    await("running", () -> get(session).getState() == State.STATE_RUNNING);
    return agent;
  }

  private static RuntimeName runtimeOf(Session session) {
    String id = session.getName().substring("sessions/".length());
    return new RuntimeName(SessionId.parse(id).orElseThrow(), 1);
  }

  private Optional<Pod> pod(Session session) {
    return find(runtimeOf(session).toString());
  }

  private Optional<Pod> find(String name) {
    return Optional.ofNullable(
        CLUSTER.client().pods().inNamespace(CLUSTER.namespace()).withName(name).get());
  }

  private Pod bound(Session session) {
    await(
        "bound",
        () -> {
          Session present = get(session);
          assertThat(isOver(present.getState())).as(present.toString()).isFalse();
          return pod(session).filter(pod -> pod.getSpec().getNodeName() != null).isPresent();
        });
    return pod(session).orElseThrow();
  }

  private long booked(Session session) {
    return strings(
            "SELECT device FROM scheduler.device_use WHERE used_until IS NULL AND session_id = '"
                + runtimeOf(session).session()
                + "'")
        .size();
  }

  private static List<String> strings(String sql) {
    try {
      return postgres.strings(sql);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static Pod pod(String name, Map<String, String> labels) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(CLUSTER.namespace())
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withSchedulerName("nobody")
        .addNewContainer()
        .withName("kernel")
        .withImage("image")
        .endContainer()
        .endSpec()
        .build();
  }
}
