package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.grpc.ServedApi.failure;
import static dev.notebay.scheduler.grpc.ServedApi.info;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.AcceleratorClass;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.FakeLauncher;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.queue.InMemoryQueueStore;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.reconcile.ControlLoop;
import dev.notebay.scheduler.core.reconcile.Limits;
import dev.notebay.scheduler.core.reconcile.Reconciler;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.FleetRequests;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.MemoryShare;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import dev.notebay.scheduler.core.volume.Volumes;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.grpc.Status;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shares of one device, from the socket to a real PostgreSQL and to what is launched. */
class ShareSessionsTest {
  private static final long GIBIBYTE = 1L << 30;
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static RealPostgres postgres;

  private final FakeLauncher launcher = new FakeLauncher();
  private final List<Node> nodes =
      List.of(
          new Node(
              "a",
              64_000,
              256 * GIBIBYTE,
              List.of(
                  new Device("a-0", "nvidia-t4", 16 * GIBIBYTE, false, true),
                  new Device("a-1", "nvidia-l4", 24 * GIBIBYTE, false))));
  private final List<ServedApi> served = new ArrayList<>();

  @BeforeAll
  static void startDatabase() throws IOException {
    postgres = RealPostgres.start();
  }

  @AfterAll
  static void stopDatabase() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.empty();
  }

  @AfterEach
  void stop() {
    served.forEach(ServedApi::close);
  }

  /** One scheduler, as it is when it has just started. */
  private final class Replica {
    private final WaitingLine line = Sessions.line(() -> nodes);
    private final ControlLoop loop;
    private final ServedApi api;

    private Replica(String name) throws IOException {
      var store = new PostgresSessionStore(postgres.database());
      var feed = new SessionFeed();
      var agents = new AgentConnections(() -> NOON);
      var unfinished = new UnfinishedSessions(store, line::changed, line::over);
      loop =
          new ControlLoop(
              store,
              unfinished,
              launcher,
              new NoVolumes(),
              agents,
              new Leadership(new PostgresLeaderLease(postgres.database()), name, () -> 0),
              new SharedClock(() -> 0),
              () -> nodes,
              new Reconciler(line, Limits.USUAL),
              _ -> {},
              session -> feed.publish(session.id()),
              (step, failed) -> {
                throw failed;
              },
              Runnable::run);
      var queues = new InMemoryQueueStore();
      api =
          ServedApi.start(
              new SessionGrpcService(
                  new SessionRequests(
                      store,
                      line,
                      agents,
                      Allowance.USUAL,
                      UUID::randomUUID,
                      session -> feed.publish(session.id())),
                  new FleetRequests(() -> nodes, unfinished),
                  new QueueRequests(queues, new PresentQueues(queues), store::unfinished, () -> {}),
                  Allowance.USUAL,
                  feed,
                  store::now));
      served.add(api);
    }

    private SessionServiceBlockingStub ada() {
      return api.as("ada", SessionServiceGrpc::newBlockingStub);
    }

    /** Until nothing more is to be written. */
    private void settle() {
      for (int pass = 0; loop.runOnce(); pass++) {
        assertThat(pass).as("passes").isLessThan(50);
      }
    }

    private Session create(int milli) {
      return ada().createSession(request(milli, 0, false));
    }

    private Session get(Session session) {
      return ada().getSession(GetSessionRequest.newBuilder().setName(session.getName()).build());
    }

    private void stop(Session session) {
      ada().stopSession(StopSessionRequest.newBuilder().setName(session.getName()).build());
      launcher.end(
          new RuntimeName(SessionId.parse(session.getName().substring(9)).orElseThrow(), 1),
          EndReason.USER_REQUEST,
          "");
    }
  }

  private static CreateSessionRequest request(int milli, long memoryBytes, boolean validateOnly) {
    return CreateSessionRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setValidateOnly(validateOnly)
        .setSession(
            Session.newBuilder()
                .setAccelerator(
                    Accelerator.newBuilder()
                        .setType("nvidia-t4")
                        .setCount(1)
                        .setMilli(milli)
                        .setMemoryBytes(memoryBytes)))
        .build();
  }

  @Test
  void twoHalvesShareADeviceOthersWaitAndFollowWhenOneStops() throws Exception {
    var replica = new Replica("one");
    Session first = replica.create(500);
    Session second = replica.create(500);
    Session third = replica.create(500);
    Session whole = replica.create(1000);

    replica.settle();

    for (Session placed : List.of(first, second)) {
      assertThat(replica.get(placed).getState()).isEqualTo(State.STATE_STARTING);
      assertThat(replica.get(placed).getPlacement().getDevicesList()).containsExactly("a-0");
      assertThat(replica.get(placed).getAccelerator().getMilli()).isEqualTo(500);
    }
    for (Session waits : List.of(third, whole)) {
      assertThat(replica.get(waits).getState()).isEqualTo(State.STATE_QUEUED);
      assertThat(replica.get(waits).getQueue().getReason()).isEqualTo("ACCELERATOR_BUSY");
    }
    assertThat(replica.get(third).getQueue().getMessage()).contains("nvidia-t4 x0.5");

    replica.stop(first);
    replica.settle();

    assertThat(replica.get(first).getState()).isEqualTo(State.STATE_STOPPED);
    assertThat(replica.get(third).getPlacement().getDevicesList()).containsExactly("a-0");
    assertThat(replica.get(whole).getState()).isEqualTo(State.STATE_QUEUED);

    replica.stop(second);
    replica.stop(third);
    replica.settle();

    assertThat(replica.get(whole).getState()).isEqualTo(State.STATE_STARTING);
  }

  @Test
  void whatIsLaunchedKnowsItsShare() throws Exception {
    var replica = new Replica("one");
    replica.create(250);
    replica.settle();

    assertThat(launcher.launches())
        .singleElement()
        .satisfies(launch -> assertThat(launch.accelerator().milli()).isEqualTo(250))
        .extracting(LaunchRequest::assignment)
        .satisfies(
            assignment ->
                assertThat(assignment.memory())
                    .contains(new MemoryShare(16 * GIBIBYTE / 1000 * 250, 16 * GIBIBYTE)));
  }

  @Test
  void gpuMemoryIsSharedAsWellAlsoWhatNobodyHasStated() throws Exception {
    var replica = new Replica("one");
    replica.create(500);
    replica.settle();
    Session modest = replica.ada().createSession(request(100, 7 * GIBIBYTE, false));
    Session greedy = replica.ada().createSession(request(100, 2 * GIBIBYTE, false));
    replica.settle();

    assertThat(replica.get(greedy).getQueue().getReason()).isEqualTo("ACCELERATOR_MEMORY_BUSY");
    assertThat(replica.get(modest).getState()).isEqualTo(State.STATE_STARTING);
  }

  @Test
  void aSchedulerThatStartsAnewKnowsWhoHasWhichShare() throws Exception {
    var before = new Replica("one");
    Session first = before.create(600);
    before.settle();

    var after = new Replica("one");
    Session second = after.create(500);
    Session third = after.create(400);
    after.settle();

    assertThat(after.get(first).getPlacement().getAttempt()).isEqualTo(1);
    assertThat(after.get(second).getState()).isEqualTo(State.STATE_QUEUED);
    assertThat(after.get(third).getState()).isEqualTo(State.STATE_STARTING);
  }

  @Test
  void aShareCountsAgainstTheQuotaAsMuchAsItIs() throws Exception {
    var replica = new Replica("one");
    replica.line.configure(
        Queues.of(
            List.of(
                QueueSpec.named(
                    "default",
                    new Quota("nvidia-t4", 750, OptionalLong.empty(), OptionalLong.empty())))));
    Session first = replica.create(500);
    Session second = replica.create(500);
    Session third = replica.create(250);
    replica.settle();

    assertThat(replica.get(first).getState()).isEqualTo(State.STATE_STARTING);
    assertThat(replica.get(second).getQueue().getReason()).isEqualTo("WAITING_FOR_QUOTA");
    assertThat(replica.get(third).getState()).isIn(State.STATE_STARTING, State.STATE_QUEUED);
    var never = failure(() -> replica.create(751));
    assertThat(info(never).getReason()).isEqualTo("EXCEEDS_MAX_QUOTA");
  }

  @Test
  void asksWhatWouldHappenWithoutDoingIt() throws Exception {
    var replica = new Replica("one");
    replica.create(700);
    replica.settle();

    Session would = replica.ada().createSession(request(400, 0, true));

    assertThat(would.getQueue().getReason()).isEqualTo("ACCELERATOR_BUSY");
    assertThat(would.getQueue().getMessage()).contains("nvidia-t4 x0.4");
  }

  @Test
  void whatIsNotSharedIsGivenWholeOnly() throws Exception {
    var replica = new Replica("one");
    var wanted = Accelerator.newBuilder().setType("nvidia-l4").setCount(1).setMilli(500);

    var refused =
        failure(
            () ->
                replica
                    .ada()
                    .createSession(
                        request(1000, 0, false).toBuilder()
                            .setSession(Session.newBuilder().setAccelerator(wanted))
                            .build()));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(info(refused).getReason()).isEqualTo("ACCELERATOR_NOT_SHARED");
    assertThat(info(refused).getMetadataOrThrow("possible"))
        .isEqualTo("none, nvidia-l4 x1..1, nvidia-t4 x1..1 or shares");
    assertThat(
            replica
                .ada()
                .listAccelerators(ListAcceleratorsRequest.getDefaultInstance())
                .getAcceleratorsList())
        .extracting(AcceleratorClass::getType, AcceleratorClass::getShareable)
        .containsExactly(tuple("nvidia-l4", false), tuple("nvidia-t4", true));
  }

  private static final class NoVolumes implements Volumes {
    @Override
    public Mounting mount(Owner owner, String volume, RuntimeName runtime, String node) {
      return new Mounting.NotFound("there are no volumes here");
    }

    @Override
    public boolean unmount(RuntimeName runtime) {
      return true;
    }
  }
}
