package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.core.Sessions.GIBIBYTE;
import static dev.notebay.scheduler.core.Sessions.node;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import dev.notebay.proto.runtime.v1.Claim;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Heartbeat;
import dev.notebay.proto.runtime.v1.Ready;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.ExtendSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionPolicy;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.session.v1.WatchSessionRequest;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.FakeLauncher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.queue.InMemoryQueueStore;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.reconcile.ControlLoop;
import dev.notebay.scheduler.core.reconcile.Limits;
import dev.notebay.scheduler.core.reconcile.Reconciler;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.FleetRequests;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import dev.notebay.scheduler.core.volume.Volumes;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The services over a real socket, on a store in memory. */
class SessionGrpcServiceTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final String UNKNOWN = "sessions/00000000-0000-4000-8000-000000000000";

  private final InMemorySessionStore store = new InMemorySessionStore(() -> NOON);
  private final InMemoryQueueStore queueStore = new InMemoryQueueStore();
  private final FakeLauncher launcher = new FakeLauncher();
  private final RuntimeSecrets secrets = new RuntimeSecrets(new byte[32]);
  private final List<Node> nodes = List.of(node("a", 1, "nvidia-t4"));
  private GrpcEndpoint endpoint;
  private ManagedChannel channel;
  private ControlLoop loop;

  @BeforeEach
  void start() throws Exception {
    var feed = new SessionFeed();
    var connections = new AgentConnections(() -> NOON);
    var line = Sessions.line(() -> nodes);
    var unfinished = new UnfinishedSessions(store, line::changed, line::over);
    var requests =
        new SessionRequests(
            store,
            line,
            connections,
            Allowance.USUAL,
            UUID::randomUUID,
            session -> feed.publish(session.id()));
    loop =
        new ControlLoop(
            store,
            unfinished,
            launcher,
            new NoVolumes(),
            connections,
            new Leadership(store, "replica", () -> 0),
            new SharedClock(() -> 0),
            () -> nodes,
            new Reconciler(line, Limits.USUAL),
            _ -> {},
            session -> feed.publish(session.id()),
            (step, failure) -> {
              throw failure;
            },
            Runnable::run);
    endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress("127.0.0.1", 0),
            List.of(
                new SessionGrpcService(
                    requests,
                    new FleetRequests(() -> nodes, unfinished),
                    new QueueRequests(
                        queueStore, new PresentQueues(queueStore), store::unfinished, () -> {}),
                    Allowance.USUAL,
                    feed,
                    () -> NOON),
                new RuntimeLinkGrpcService(
                    requests, connections, feed, new IgnoringListener(), () -> NOON)),
            new BearerAuthentication(
                Map.of(
                    RuntimeLinkServiceGrpc.SERVICE_NAME,
                    new AgentAuthenticator(AgentTokens.of(secrets))),
                token ->
                    token.startsWith("token-of-")
                        ? Optional.of(new Caller(token.substring("token-of-".length()), Set.of()))
                        : Optional.empty()),
            new ErrorMapping(SchedulerErrors::toStatus));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    endpoint.close();
  }

  private SessionServiceBlockingStub as(String person) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .withCallCredentials(new BearerToken(() -> "token-of-" + person))
        .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static CreateSessionRequest request(UnaryOperator<Session.Builder> wanted) {
    return CreateSessionRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setSession(wanted.apply(Session.newBuilder()))
        .build();
  }

  private static Session.Builder accelerator(Session.Builder session, String type, int count) {
    return session.setAccelerator(Accelerator.newBuilder().setType(type).setCount(count));
  }

  private static Session.Builder t4(
      Session.Builder session, UnaryOperator<Accelerator.Builder> change) {
    return session.setAccelerator(
        change.apply(Accelerator.newBuilder().setType("nvidia-t4").setCount(1)));
  }

  private static Session.Builder policy(
      Session.Builder session, long idle, long lifetime, long warning) {
    return session.setPolicy(
        SessionPolicy.newBuilder()
            .setIdleTimeout(Duration.newBuilder().setSeconds(idle))
            .setMaximumLifetime(Duration.newBuilder().setSeconds(lifetime))
            .setWarning(Duration.newBuilder().setSeconds(warning)));
  }

  static Stream<Arguments> badCreations() {
    return Stream.of(
        bad("session.accelerator.type", s -> accelerator(s, "NVIDIA T4", 1)),
        bad("session.accelerator.type", s -> accelerator(s, "-t4", 1)),
        bad("session.accelerator.type", s -> accelerator(s, "t4-", 1)),
        bad("session.accelerator.type", s -> accelerator(s, "a".repeat(64), 1)),
        bad("session.accelerator.type", s -> accelerator(s, "../t4", 1)),
        bad("session.accelerator.count", s -> accelerator(s, "nvidia-t4", -1)),
        bad("session.accelerator.count", s -> accelerator(s, "nvidia-t4", 65)),
        bad("session.accelerator.count", s -> accelerator(s, "none", 1)),
        bad("session.accelerator.milli", s -> t4(s, a -> a.setCount(2).setMilli(500))),
        bad(
            "session.accelerator.milli",
            s -> s.setAccelerator(Accelerator.newBuilder().setMilli(5))),
        bad("session.accelerator.milli", s -> t4(s, a -> a.setMilli(-1))),
        bad("session.accelerator.milli", s -> t4(s, a -> a.setMilli(1001))),
        bad("session.accelerator.memory_bytes", s -> t4(s, a -> a.setMemoryBytes(-1))),
        bad("session.accelerator.else_types", s -> t4(s, a -> a.addElseTypes("T4"))),
        bad("session.accelerator.else_types", s -> t4(s, a -> a.addElseTypes("none"))),
        bad("session.accelerator.else_types", s -> t4(s, a -> a.addElseTypes("nvidia-t4"))),
        bad("session.accelerator.else_types", s -> t4(s, a -> a.addElseTypes(""))),
        bad(
            "session.accelerator.else_types",
            s -> s.setAccelerator(Accelerator.newBuilder().addElseTypes("nvidia-t4"))),
        bad(
            "session.accelerator.memory_bytes",
            s -> s.setAccelerator(Accelerator.newBuilder().setMemoryBytes(1))),
        bad("session.compute.cpu_milli", s -> compute(s, -1, GIBIBYTE)),
        bad("session.compute.cpu_milli", s -> compute(s, Long.MAX_VALUE, GIBIBYTE)),
        bad("session.compute.memory_bytes", s -> compute(s, 1, -1)),
        bad("session.compute.memory_bytes", s -> compute(s, 1, 1)),
        bad("session.compute.memory_bytes", s -> compute(s, 1, Long.MAX_VALUE)),
        bad("session.image", s -> s.setImage("not an image")),
        bad("session.image", s -> s.setImage("registry.example.org/../x")),
        bad("session.image", s -> s.setImage("i".repeat(256))),
        bad("session.environment", s -> s.putEnvironment("1ST", "x")),
        bad("session.environment", s -> s.putEnvironment("A B", "x")),
        bad("session.environment", s -> s.putEnvironment("NOTEBAY_VOLUME", "x")),
        bad("session.environment", s -> s.putEnvironment("NVIDIA_VISIBLE_DEVICES", "all")),
        bad("session.environment", s -> s.putEnvironment("NUL", "\0")),
        bad("session.environment", s -> s.putEnvironment("LONG", "x".repeat(40_000))),
        bad("session.volume", s -> s.setVolume("Drive")),
        bad("session.volume", s -> s.setVolume("../drive")),
        bad("session.volume", s -> s.setVolume("drive-")),
        bad("session.volume", s -> s.setVolume("1drive")),
        bad("session.volume", s -> s.setVolume("d".repeat(64))),
        bad("session.queue_name", s -> s.setQueueName("Research")),
        bad("session.queue_name", s -> s.setQueueName("-research")),
        bad("session.queue_name", s -> s.setQueueName("r".repeat(64))),
        bad("session.display_name", s -> s.setDisplayName("x".repeat(101))),
        bad("session.display_name", s -> s.setDisplayName("a\nb")),
        bad("session.policy.idle_timeout", s -> policy(s, -1, 0, 0)),
        bad("session.policy.idle_timeout", s -> policy(s, 86_401, 0, 0)),
        bad("session.policy.idle_timeout", s -> policy(s, Long.MAX_VALUE, 0, 0)),
        bad("session.policy.maximum_lifetime", s -> policy(s, 0, 604_801, 0)),
        bad("session.policy.maximum_lifetime", s -> policy(s, 0, Long.MIN_VALUE, 0)),
        bad("session.policy.warning", s -> policy(s, 60, 0, 60)),
        bad("session.policy.warning", s -> policy(s, 60, 0, 3600)));
  }

  private static Arguments bad(String field, UnaryOperator<Session.Builder> wanted) {
    return Arguments.of(field, request(wanted));
  }

  private static Session.Builder compute(Session.Builder session, long cpu, long memory) {
    return session.setCompute(Compute.newBuilder().setCpuMilli(cpu).setMemoryBytes(memory));
  }

  @ParameterizedTest
  @MethodSource("badCreations")
  void refusesABadFieldByNameAndChangesNothing(String field, CreateSessionRequest request) {
    var failure = failure(() -> as("ada").createSession(request));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).startsWith(field + ": ").contains("expected");
    assertThat(info(failure).getMetadataOrThrow("field")).isEqualTo(field);
    assertThat(store.unfinished()).isEmpty();
  }

  static Stream<Arguments> otherBadCalls() {
    return Stream.of(
        call("request_id: ", s -> s.createSession(CreateSessionRequest.getDefaultInstance())),
        call(
            "request_id: 1",
            s -> s.createSession(CreateSessionRequest.newBuilder().setRequestId("1").build())),
        call("name: ", s -> s.getSession(GetSessionRequest.getDefaultInstance())),
        call(
            "name: session/1",
            s -> s.getSession(GetSessionRequest.newBuilder().setName("session/1").build())),
        call(
            "name: sessions/1-1-1-1-1",
            s ->
                s.stopSession(
                    StopSessionRequest.newBuilder().setName("sessions/1-1-1-1-1").build())),
        call(
            "name: " + UNKNOWN + "/",
            s -> s.getSession(GetSessionRequest.newBuilder().setName(UNKNOWN + "/").build())),
        call(
            "page_size: -1",
            s -> s.listSessions(ListSessionsRequest.newBuilder().setPageSize(-1).build())),
        call(
            "page_token: x",
            s -> s.listSessions(ListSessionsRequest.newBuilder().setPageToken("x").build())),
        call(
            "extension: -5",
            s ->
                s.extendSession(
                    ExtendSessionRequest.newBuilder()
                        .setName(UNKNOWN)
                        .setExtension(Duration.newBuilder().setSeconds(-5))
                        .build())));
  }

  private static Arguments call(
      String start, java.util.function.Consumer<SessionServiceBlockingStub> call) {
    return Arguments.of(start, call);
  }

  @ParameterizedTest
  @MethodSource("otherBadCalls")
  void refusesOtherBadArgumentsByName(
      String start, java.util.function.Consumer<SessionServiceBlockingStub> call) {
    var failure = failure(() -> call.accept(as("ada")));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).startsWith(start);
    assertThat(info(failure).getDomain()).isEqualTo("notebay.dev");
  }

  @Test
  void letsNobodyInWithoutAToken() {
    var failure =
        failure(
            () ->
                SessionServiceGrpc.newBlockingStub(channel)
                    .listSessions(ListSessionsRequest.getDefaultInstance()));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(info(failure).getReason()).isEqualTo("TOKEN_NOT_ACCEPTED");
  }

  @Test
  void answersTheSameForAnothersSessionAndForNone() {
    String adas = as("ada").createSession(request(s -> s)).getName();

    for (String name : List.of(adas, UNKNOWN)) {
      for (java.util.function.Consumer<SessionServiceBlockingStub> call :
          List.<java.util.function.Consumer<SessionServiceBlockingStub>>of(
              s -> s.getSession(GetSessionRequest.newBuilder().setName(name).build()),
              s -> s.stopSession(StopSessionRequest.newBuilder().setName(name).build()),
              s -> s.extendSession(ExtendSessionRequest.newBuilder().setName(name).build()),
              s -> s.watchSession(WatchSessionRequest.newBuilder().setName(name).build()).next())) {
        var failure = failure(() -> call.accept(as("bob")));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure.getStatus().getDescription())
            .isEqualTo("session not found: " + name.substring("sessions/".length()));
      }
    }
    assertThat(as("bob").listSessions(ListSessionsRequest.getDefaultInstance()).getSessionsList())
        .isEmpty();
    assertThat(as("ada").listSessions(ListSessionsRequest.getDefaultInstance()).getSessionsList())
        .hasSize(1);
  }

  @Test
  void refusesTheImpossibleAndSaysWhatIsPossible() {
    var failure =
        failure(() -> as("ada").createSession(request(s -> accelerator(s, "nvidia-h100", 1))));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(info(failure).getReason()).isEqualTo("ACCELERATOR_IMPOSSIBLE");
    assertThat(info(failure).getMetadataOrThrow("possible")).isEqualTo("none, nvidia-t4 x1..1");
    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void refusesAnImageWhereSessionsAreNotContainers() {
    var failure = failure(() -> as("ada").createSession(request(s -> s.setImage("torch:2.9"))));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(info(failure).getReason()).isEqualTo("IMAGE_IMPOSSIBLE");
    assertThat(failure.getStatus().getDescription())
        .contains("image: torch:2.9 (expected: none: ", "NOTEBAY_PYTHON");
  }

  @Test
  void tellsTheVariablesThatWereAskedForAndTakesTheSameAskedAgainForOne() {
    var request = request(s -> s.putEnvironment("B", "2").putEnvironment("A", "1"));
    Session created = as("ada").createSession(request);

    assertThat(created.getEnvironmentMap()).containsOnly(Map.entry("A", "1"), Map.entry("B", "2"));
    assertThat(as("ada").createSession(request).getName()).isEqualTo(created.getName());
  }

  @Test
  void givesAClassThatWouldDoAsWell() {
    Session created =
        as("ada")
            .createSession(
                request(
                    s ->
                        s.setAccelerator(
                            Accelerator.newBuilder()
                                .setType("nvidia-a100")
                                .addElseTypes("nvidia-t4"))));
    loop.runOnce();

    Session placed =
        as("ada").getSession(GetSessionRequest.newBuilder().setName(created.getName()).build());
    assertThat(placed.getAccelerator().getElseTypesList()).containsExactly("nvidia-t4");
    assertThat(placed.getPlacement().getAcceleratorType()).isEqualTo("nvidia-t4");
  }

  @Test
  void refusesASessionThatItsQueueDoesNotTake() {
    queueStore.replace(
        Queues.of(
            List.of(
                QueueSpec.named("cpu", Quota.devices("nvidia-l4", 1)),
                QueueSpec.named("research"))),
        0);

    var missing = failure(() -> as("ada").createSession(request(s -> s.setQueueName("no"))));
    var tooHigh =
        failure(
            () -> as("ada").createSession(request(s -> s.setQueueName("cpu").setPriority(1001))));
    var excluded =
        failure(
            () ->
                as("ada")
                    .createSession(
                        request(s -> accelerator(s.setQueueName("cpu"), "nvidia-t4", 1))));

    assertThat(missing.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(info(missing).getReason()).isEqualTo("QUEUE_NOT_FOUND");
    assertThat(info(missing).getMetadataOrThrow("possible")).isEqualTo("cpu, default, research");
    assertThat(tooHigh.getStatus().getDescription())
        .isEqualTo("session.priority: 1001 (expected: -1000 to 1000 in queue cpu)");
    assertThat(excluded.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(info(excluded).getReason()).isEqualTo("NO_QUOTA_FOR_CLASS");
    assertThat(info(excluded).getMetadataOrThrow("possible")).isEqualTo("none, nvidia-l4");
    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void answersARepeatedRequestThoughItsQueueHasGone() {
    queueStore.replace(Queues.of(List.of(QueueSpec.named("research"))), 0);
    CreateSessionRequest request = request(s -> s.setQueueName("research").setPriority(7));
    Session first = as("ada").createSession(request);
    queueStore.replace(Queues.builtIn(), 1);

    assertThat(first.getQueueName()).isEqualTo("research");
    assertThat(first.getPriority()).isEqualTo(7);
    assertThat(as("ada").createSession(request).getName()).isEqualTo(first.getName());
  }

  @Test
  void makesOneSessionOfOneRequestIdAndRefusesAnotherBodyUnderIt() {
    CreateSessionRequest request = request(s -> accelerator(s, "nvidia-t4", 1));

    Session once = as("ada").createSession(request);
    Session twice = as("ada").createSession(request);
    var failure =
        failure(
            () ->
                as("ada")
                    .createSession(
                        request.toBuilder().setSession(Session.getDefaultInstance()).build()));

    assertThat(twice.getName()).isEqualTo(once.getName());
    assertThat(info(failure).getReason()).isEqualTo("REQUEST_ID_REUSED");
    assertThat(store.unfinished()).hasSize(1);
  }

  @Test
  void triesOutWithoutMakingAnything() {
    CreateSessionRequest request =
        request(s -> accelerator(s, "nvidia-t4", 1)).toBuilder().setValidateOnly(true).build();

    assertThat(as("ada").createSession(request).getState()).isEqualTo(Session.State.STATE_QUEUED);
    assertThat(store.unfinished()).isEmpty();
  }

  @Test
  void limitsHowManySessionsOnePersonHas() {
    for (int made = 0; made < Allowance.USUAL.unfinishedSessions(); made++) {
      assertThat(as("ada").createSession(request(s -> s)).getName()).isNotEmpty();
    }

    var failure = failure(() -> as("ada").createSession(request(s -> s)));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(info(failure).getMetadataOrThrow("limit")).isEqualTo("8");
    assertThat(as("bob").createSession(request(s -> s)).getOwner()).isEqualTo("bob");
  }

  @Test
  void pagesThroughSessionsNewestFirst() {
    for (int made = 0; made < 5; made++) {
      assertThat(as("ada").createSession(request(s -> s)).getName()).isNotEmpty();
    }
    var first = as("ada").listSessions(ListSessionsRequest.newBuilder().setPageSize(3).build());
    var next =
        ListSessionsRequest.newBuilder()
            .setPageSize(3)
            .setPageToken(first.getNextPageToken())
            .build();
    var second = as("ada").listSessions(next);

    assertThat(first.getSessionsList()).hasSize(3);
    assertThat(second.getSessionsList())
        .hasSize(2)
        .doesNotContainAnyElementsOf(first.getSessionsList());
    assertThat(second.getNextPageToken()).isEmpty();
    assertThat(failure(() -> as("bob").listSessions(next)).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(
            failure(() -> as("ada").listSessions(next.toBuilder().setShowEnded(true).build()))
                .getStatus()
                .getDescription())
        .startsWith("page_token: ");
  }

  @Test
  void refusesToStopWhatHasChangedSinceTheCallerLooked() {
    Session session = as("ada").createSession(request(s -> s));
    assertThat(loop.runOnce()).isTrue();

    var failure =
        failure(
            () ->
                as("ada")
                    .stopSession(
                        StopSessionRequest.newBuilder()
                            .setName(session.getName())
                            .setEtag(session.getEtag())
                            .build()));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(info(failure).getReason()).isEqualTo("ETAG_MISMATCH");
  }

  @Test
  void countsAcceleratorsThatAreFree() {
    assertThat(
            as("ada")
                .listAccelerators(ListAcceleratorsRequest.getDefaultInstance())
                .getAcceleratorsList())
        .singleElement()
        .satisfies(type -> assertThat(type.getFree()).isEqualTo(1));

    Session session = as("ada").createSession(request(s -> accelerator(s, "nvidia-t4", 1)));
    assertThat(loop.runOnce()).isTrue();
    // What a pass has written is seen by the next.
    loop.runOnce();

    assertThat(
            as("bob")
                .listAccelerators(ListAcceleratorsRequest.getDefaultInstance())
                .getAcceleratorsList())
        .singleElement()
        .satisfies(type -> assertThat(type.getFree()).isZero());
    assertThat(session.getState()).isEqualTo(Session.State.STATE_QUEUED);
  }

  @Test
  void watchesASessionFromQueueToEndThroughItsAgent() throws Exception {
    String name = as("ada").createSession(request(s -> s)).getName();
    var watch = as("ada").watchSession(WatchSessionRequest.newBuilder().setName(name).build());
    assertThat(watch.next().getState()).isEqualTo(Session.State.STATE_QUEUED);

    assertThat(loop.runOnce()).isTrue();
    loop.runOnce();
    awaitState(watch, Session.State.STATE_STARTING);

    var id = SessionId.parse(name.substring("sessions/".length())).orElseThrow();
    var agent = new FakeAgent(new RuntimeName(id, 1));
    agent.claim("uid");
    assertThat(agent.next().getClaimed().getOwner()).isEqualTo("ada");
    agent.send(
        ConnectRequest.newBuilder()
            .setReady(Ready.newBuilder().setJupyterUri("http://127.0.0.1:1234"))
            .build());
    Session running = awaitState(watch, Session.State.STATE_RUNNING);
    assertThat(running.getRuntime().getJupyterUri()).isEqualTo("http://127.0.0.1:1234");
    agent.send(ConnectRequest.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()).build());

    assertThat(
            as("ada")
                .extendSession(ExtendSessionRequest.newBuilder().setName(name).build())
                .getEtag())
        .isNotEqualTo(running.getEtag());
    as("ada").stopSession(StopSessionRequest.newBuilder().setName(name).build());
    awaitState(watch, Session.State.STATE_STOPPING);
    loop.runOnce();
    assertThat(agent.next().getStop().getReason()).isEqualTo("USER_REQUEST");

    launcher.end(
        new RuntimeName(id, 1), dev.notebay.scheduler.core.session.EndReason.USER_REQUEST, "told");
    assertThat(loop.runOnce()).isTrue();
    Session ended = awaitState(watch, Session.State.STATE_STOPPED);
    assertThat(ended.getReason()).isEqualTo(Session.Reason.REASON_USER_REQUEST);
    assertThat(watch.hasNext()).isFalse();
  }

  @Test
  void refusesAClaimWithAnothersSecretAndASecondRuntime() throws Exception {
    String name = as("ada").createSession(request(s -> s)).getName();
    assertThat(loop.runOnce()).isTrue();
    var id = SessionId.parse(name.substring("sessions/".length())).orElseThrow();
    var runtime = new RuntimeName(id, 1);

    var stranger = new FakeAgent(new RuntimeName(new SessionId(UUID.randomUUID()), 1));
    stranger.claim(runtime, "uid");
    assertThat(stranger.refusal()).isEqualTo("CLAIM_REFUSED");

    var first = new FakeAgent(runtime);
    first.claim("uid");
    assertThat(first.next().hasClaimed()).isTrue();
    var second = new FakeAgent(runtime);
    second.claim("other");
    assertThat(second.refusal()).isEqualTo("CLAIM_REFUSED");

    var forged =
        new FakeAgent(
            "x".repeat(10) + new RuntimeSecrets(new byte[48]).bearerOf(runtime).substring(10));
    forged.claim(runtime, "uid");
    assertThat(forged.refusal()).isEqualTo("TOKEN_NOT_ACCEPTED");
  }

  private static Session awaitState(java.util.Iterator<Session> watch, Session.State state) {
    Session session = watch.next();
    while (session.getState() != state) {
      session = watch.next();
    }
    return session;
  }

  private static StatusRuntimeException failure(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call);
  }

  private static ErrorInfo info(Throwable failure) {
    List<ErrorInfo> infos =
        Objects.requireNonNull(StatusProto.fromThrowable(failure)).getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .map(SessionGrpcServiceTest::unpack)
            .toList();
    assertThat(infos).hasSize(1);
    return infos.getFirst();
  }

  private static ErrorInfo unpack(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (com.google.protobuf.InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
  }

  /** An agent's end of the link. */
  private final class FakeAgent implements StreamObserver<ConnectResponse> {
    private final Optional<RuntimeName> name;
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final StreamObserver<ConnectRequest> out;

    FakeAgent(RuntimeName name) {
      this(Optional.of(name), secrets.bearerOf(name));
    }

    FakeAgent(String bearer) {
      this(Optional.empty(), bearer);
    }

    private FakeAgent(Optional<RuntimeName> name, String bearer) {
      this.name = name;
      this.out =
          RuntimeLinkServiceGrpc.newStub(channel)
              .withCallCredentials(new BearerToken(() -> bearer))
              .connect(this);
    }

    void claim(String uid) {
      claim(name.orElseThrow(), uid);
    }

    void claim(RuntimeName runtime, String uid) {
      send(
          ConnectRequest.newBuilder()
              .setClaim(
                  Claim.newBuilder()
                      .setSessionId(runtime.session().toString())
                      .setAttempt(runtime.attempt())
                      .setRuntimeUid(uid))
              .build());
    }

    void send(ConnectRequest request) {
      out.onNext(request);
    }

    ConnectResponse next() throws InterruptedException {
      return (ConnectResponse) heard.poll(10, TimeUnit.SECONDS);
    }

    String refusal() throws InterruptedException {
      return info((Throwable) heard.poll(10, TimeUnit.SECONDS)).getReason();
    }

    @Override
    public void onNext(ConnectResponse response) {
      heard.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      heard.add(failure);
    }

    @Override
    public void onCompleted() {
      heard.add("completed");
    }
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

  private static final class IgnoringListener implements RuntimeLinkGrpcService.LinkListener {
    @Override
    public void heartbeat() {}

    @Override
    public void claimRefused() {}
  }
}
