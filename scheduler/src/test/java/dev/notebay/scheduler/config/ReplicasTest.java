package dev.notebay.scheduler.config;

import static dev.notebay.scheduler.core.Sessions.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.proto.queue.v1.ApplyQueuesRequest;
import dev.notebay.proto.queue.v1.GetQueueRequest;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.QueueServiceGrpc;
import dev.notebay.proto.runtime.v1.ConnectResponse.DirectiveCase;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.ExtendSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.session.v1.WatchSessionRequest;
import dev.notebay.proto.usage.v1.GetUsageRequest;
import dev.notebay.proto.usage.v1.UsageServiceGrpc;
import dev.notebay.scheduler.core.launch.FakeLauncher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.RealPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two whole schedulers on one PostgreSQL and one machine. */
class ReplicasTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private static RealPostgres postgres;

  @TempDir private static Path home;

  private final FakeLauncher machine = new FakeLauncher();
  private Replica one;
  private Replica two;

  @BeforeAll
  static void startDatabase() throws Exception {
    postgres = RealPostgres.start();
    Replica.writeKeys(home);
  }

  @AfterAll
  static void stopDatabase() throws IOException {
    postgres.close();
  }

  /** The first leads, the second stands by. */
  @BeforeEach
  void start() throws Exception {
    postgres.empty();
    one = replica();
    await("the first leads", one::leads);
    two = replica();
    await("the second has passed", () -> two.passes() > 0);
  }

  private Replica replica() throws IOException {
    return Replica.start(
        home,
        postgres.another(),
        PostgresLeaderLease::new,
        machine,
        List.of(node("a", 1, "nvidia-t4")));
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @Test
  void whatOneIsToldAboutQueuesTheOtherGoesBy() throws Exception {
    one.as(QueueServiceGrpc::newBlockingStub)
        .applyQueues(
            ApplyQueuesRequest.newBuilder()
                .addQueues(Queue.newBuilder().setName("queues/research"))
                .build());

    // At once, without waiting for the next pass of the other.
    Session made =
        two.sessions()
            .createSession(
                CreateSessionRequest.newBuilder()
                    .setRequestId(UUID.randomUUID().toString())
                    .setSession(
                        Session.newBuilder()
                            .setQueueName("research")
                            .setAccelerator(Accelerator.newBuilder().setType("nvidia-t4")))
                    .build());
    awaitState(State.STATE_STARTING, made, two);

    await(
        "its use is told",
        () ->
            two.as(UsageServiceGrpc::newBlockingStub)
                    .getUsage(GetUsageRequest.newBuilder().setQueue("queues/research").build())
                    .getTotal()
                    .getRateMilli()
                == 1000);
    await(
        "the queue says who is in it",
        () ->
            two.as(QueueServiceGrpc::newBlockingStub)
                    .getQueue(GetQueueRequest.newBuilder().setName("queues/research").build())
                    .getRunningSessions()
                == 1);
    postgres.execute("TRUNCATE scheduler.queue, scheduler.quota");
    postgres.execute("UPDATE scheduler.queue_version SET version = 0");
  }

  private static Session create(Replica replica) {
    return replica
        .sessions()
        .createSession(
            CreateSessionRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setSession(
                    Session.newBuilder()
                        .setAccelerator(Accelerator.newBuilder().setType("nvidia-t4").setCount(1)))
                .build());
  }

  private static Session get(Replica replica, Session session) {
    return replica
        .sessions()
        .getSession(GetSessionRequest.newBuilder().setName(session.getName()).build());
  }

  private static void awaitState(State state, Session session, Replica... replicas) {
    for (Replica replica : replicas) {
      await(state.name(), () -> get(replica, session).getState() == state);
    }
  }

  private static RuntimeName runtimeOf(Session session) {
    String id = session.getName().substring("sessions/".length());
    return new RuntimeName(SessionId.parse(id).orElseThrow(), 1);
  }

  private static Replica.Agent run(Session session, Replica connectedTo) throws Exception {
    awaitState(State.STATE_STARTING, session, connectedTo);
    Replica.Agent agent = connectedTo.connect(runtimeOf(session));
    agent.expect(DirectiveCase.CLAIMED);
    agent.ready();
    return agent;
  }

  private static CompletableFuture<List<State>> watch(Replica replica, Session session) {
    Supplier<List<State>> watching =
        () -> {
          List<State> seen = new ArrayList<>();
          Iterator<Session> changes =
              replica
                  .sessions()
                  .watchSession(
                      WatchSessionRequest.newBuilder().setName(session.getName()).build());
          changes.forEachRemaining(change -> seen.add(change.getState()));
          return seen.stream().distinct().toList();
        };
    return CompletableFuture.supplyAsync(watching, task -> Thread.ofVirtual().start(task));
  }

  @Test
  void whatIsDoneAtOneIsSeenAtTheOtherAndReachesTheAgentWhereverItIsConnected() throws Exception {
    for (Replica connectedTo : List.of(one, two)) {
      Replica elsewhere = connectedTo == one ? two : one;
      Session session = create(two);
      var watched = watch(two, session);
      var watchedToo = watch(one, session);

      Replica.Agent agent = run(session, connectedTo);
      awaitState(State.STATE_RUNNING, session, one, two);
      // Which replica hears the agent is not said of the session: it is merely unknown elsewhere.
      assertThat(get(connectedTo, session).getRuntime().getConnected()).isTrue();

      elsewhere
          .sessions()
          .extendSession(ExtendSessionRequest.newBuilder().setName(session.getName()).build());
      assertThat(agent.expect(DirectiveCase.POLICY).getPolicy().getGeneration()).isEqualTo(2);
      elsewhere
          .sessions()
          .stopSession(StopSessionRequest.newBuilder().setName(session.getName()).build());
      agent.expect(DirectiveCase.STOP);

      machine.end(runtimeOf(session), EndReason.USER_REQUEST, "ended as told");
      for (var watching : List.of(watched, watchedToo)) {
        assertThat(watching.get(20, TimeUnit.SECONDS))
            .contains(State.STATE_RUNNING)
            .endsWith(State.STATE_STOPPED);
      }
    }
  }

  @Test
  void onlyTheLeaderPlacesAndReportsWhatItSees() {
    Session session = create(two);
    awaitState(State.STATE_STARTING, session, two);

    assertThat(one.leads()).isTrue();
    assertThat(two.leads()).isFalse();
    await("the leader counts", () -> one.gauge("notebay.sessions", "STARTING") == 1);
    assertThat(two.gauge("notebay.sessions", "STARTING")).isNaN();
    assertThat(two.gauge("notebay.scheduler.epoch", "")).isZero();
    assertThat(two.scheduler().sinceLastGoodPass()).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void whenTheLeaderEndsInGoodOrderTheOtherLeadsAtOnce() throws SQLException {
    double epoch = one.gauge("notebay.scheduler.epoch", "");
    one.close();
    long ended = System.nanoTime();

    await("the other leads", two::leads);

    assertThat(Duration.ofNanos(System.nanoTime() - ended))
        .isLessThan(Leadership.TERM.dividedBy(2));
    assertThat(two.gauge("notebay.scheduler.epoch", "")).isGreaterThan(epoch);
  }

  @Test
  void whenTheLeaderIsGoneWithoutAWordTheOtherLeadsOnceTheTermIsOver() throws Exception {
    Session running = create(one);
    Session waiting = create(one);
    Replica.Agent agent = run(running, two);
    awaitState(State.STATE_RUNNING, running, two);
    one.kill();
    long killed = System.nanoTime();

    await("the other leads", two::leads);

    Duration without = Duration.ofNanos(System.nanoTime() - killed);
    assertThat(without).isLessThan(Leadership.TERM.plusSeconds(3));
    assertThat(get(two, running).getState()).isEqualTo(State.STATE_RUNNING);
    two.sessions().stopSession(StopSessionRequest.newBuilder().setName(running.getName()).build());
    agent.expect(DirectiveCase.STOP);
    machine.end(runtimeOf(running), EndReason.USER_REQUEST, "ended as told");
    awaitState(State.STATE_STARTING, waiting, two);
  }
}
