package dev.notebay.scheduler.config;

import dev.notebay.proto.runtime.v1.Claim;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.ConnectResponse.DirectiveCase;
import dev.notebay.proto.runtime.v1.Ready;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.JwtIssuer;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.metrics.SchedulerMetrics;
import dev.notebay.scheduler.postgres.PostgresLedger;
import dev.notebay.scheduler.postgres.PostgresQueueStore;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import io.agroal.api.AgroalDataSource;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.sql.DataSource;

/** One whole scheduler in this process, and what people and agents see of it. */
final class Replica implements AutoCloseable {
  private static final RuntimeSecrets SECRETS = new RuntimeSecrets(new byte[32]);

  private final AgroalDataSource database;
  private final Mortal lease;
  private final SimpleMeterRegistry meters;
  private final Scheduler scheduler;
  private final ManagedChannel channel;
  private final String token;
  private boolean closed;

  private Replica(
      AgroalDataSource database,
      Mortal lease,
      SimpleMeterRegistry meters,
      Scheduler scheduler,
      ManagedChannel channel,
      String token) {
    this.database = database;
    this.lease = lease;
    this.meters = meters;
    this.scheduler = scheduler;
    this.channel = channel;
    this.token = token;
  }

  /** The keys of a state directory, as the command line makes them. */
  static void writeKeys(Path home) throws IOException, GeneralSecurityException {
    Files.createDirectories(home.resolve("keys"));
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    var pair = generator.generateKeyPair();
    write(home.resolve("keys/jwt-private.pem"), "PRIVATE KEY", pair.getPrivate());
    write(home.resolve("keys/jwt-public.pem"), "PUBLIC KEY", pair.getPublic());
  }

  private static void write(Path file, String kind, Key key) throws IOException {
    Files.writeString(
        file,
        "-----BEGIN "
            + kind
            + "-----\n"
            + Base64.getMimeEncoder().encodeToString(key.getEncoded())
            + "\n-----END "
            + kind
            + "-----\n");
  }

  static Replica start(
      Path home,
      AgroalDataSource database,
      Function<DataSource, LeaderLease> leases,
      Launcher launcher,
      List<Node> nodes)
      throws IOException {
    return start(home, database, leases, launcher, () -> nodes);
  }

  static Replica start(
      Path home,
      AgroalDataSource database,
      Function<DataSource, LeaderLease> leases,
      Launcher launcher,
      Fleet fleet)
      throws IOException {
    Settings settings = settings(home);
    var meters = new SimpleMeterRegistry();
    var lease = new Mortal(leases.apply(database));
    InstantSource wall = InstantSource.system();
    var scheduler =
        Scheduler.start(
            settings,
            new PostgresSessionStore(database),
            new PostgresQueueStore(database),
            new PostgresLedger(database),
            lease,
            launcher,
            fleet,
            AgentTokens.of(SECRETS),
            new SchedulerMetrics(meters),
            wall);
    String token =
        JwtIssuer.of(settings.key("jwt-private.pem"))
            .issue("ada", Set.of(Caller.Role.ADMIN), wall.instant(), Duration.ofMinutes(10));
    return new Replica(
        database,
        lease,
        meters,
        scheduler,
        NettyChannelBuilder.forAddress(settings.grpc()).usePlaintext().build(),
        token);
  }

  /** On addresses of its own. */
  static Settings settings(Path home) throws IOException {
    return new Settings(
        home,
        freeAddress(),
        freeAddress(),
        freeAddress(),
        Optional.of("external"),
        Optional.empty(),
        Settings.Launch.LOCAL);
  }

  private static InetSocketAddress freeAddress() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress("127.0.0.1", socket.getLocalPort());
    }
  }

  Scheduler scheduler() {
    return scheduler;
  }

  SessionServiceBlockingStub sessions() {
    return as(SessionServiceGrpc::newBlockingStub);
  }

  /** Any of its services, as ada, who is admin. */
  <S extends AbstractBlockingStub<S>> S as(Function<Channel, S> stub) {
    return stub.apply(channel)
        .withCallCredentials(new BearerToken(() -> token))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  boolean leads() {
    return gauge("notebay.scheduler.leader", "") == 1;
  }

  /** The value of a gauge, of one state if it has them; not a number where there is none. */
  double gauge(String name, String state) {
    var search = meters.find(name);
    Gauge gauge = state.isEmpty() ? search.gauge() : search.tag("state", state).gauge();
    return gauge == null ? Double.NaN : gauge.value();
  }

  long passes() {
    return meters.get("notebay.reconcile").timer().count();
  }

  Agent connect(RuntimeName name) {
    return connect(name, "uid");
  }

  /** The agent of a runtime that has this uid. */
  Agent connect(RuntimeName name, String uid) {
    return new Agent(name, uid);
  }

  /** Ends without a word to anybody, as a killed process does. */
  void kill() {
    lease.dead = true;
    close();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      channel.shutdownNow();
      scheduler.close();
      database.close();
    }
  }

  /** The lease of a process that can die: then it is not given back. */
  private static final class Mortal implements LeaderLease {
    private final LeaderLease lease;
    private volatile boolean dead;

    Mortal(LeaderLease lease) {
      this.lease = lease;
    }

    @Override
    public Optional<Epoch> acquire(String replica, Duration term) {
      return lease.acquire(replica, term);
    }

    @Override
    public boolean renew(Epoch epoch, Duration term) {
      return lease.renew(epoch, term);
    }

    @Override
    public void release(Epoch epoch) {
      if (!dead) {
        lease.release(epoch);
      }
    }
  }

  /** An agent's end of its link to this replica. */
  final class Agent implements StreamObserver<ConnectResponse> {
    private final BlockingQueue<ConnectResponse> heard = new LinkedBlockingQueue<>();
    private final StreamObserver<ConnectRequest> out;

    private Agent(RuntimeName name, String uid) {
      String bearer = SECRETS.bearerOf(name);
      out =
          RuntimeLinkServiceGrpc.newStub(channel)
              .withCallCredentials(new BearerToken(() -> bearer))
              .connect(this);
      out.onNext(
          ConnectRequest.newBuilder()
              .setClaim(
                  Claim.newBuilder()
                      .setSessionId(name.session().toString())
                      .setAttempt(name.attempt())
                      .setRuntimeUid(uid))
              .build());
    }

    void ready() {
      out.onNext(
          ConnectRequest.newBuilder()
              .setReady(Ready.newBuilder().setJupyterUri("http://127.0.0.1:5000"))
              .build());
    }

    /** What it hears next of this kind, passing over others. */
    ConnectResponse expect(DirectiveCase kind) throws InterruptedException {
      while (true) {
        ConnectResponse next = heard.poll(20, TimeUnit.SECONDS);
        if (next == null) {
          throw new AssertionError("the agent hears nothing: " + kind);
        }
        if (next.getDirectiveCase() == kind
            && !(next.hasPolicy() && next.getPolicy().getGeneration() < 2)) {
          return next;
        }
      }
    }

    @Override
    public void onNext(ConnectResponse response) {
      heard.add(response);
    }

    @Override
    public void onError(Throwable lost) {}

    @Override
    public void onCompleted() {}
  }
}
