package dev.notebay.simulator.durable;

import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.JwtIssuer;
import dev.notebay.scheduler.config.KubeRuntimes;
import dev.notebay.scheduler.config.Scheduler;
import dev.notebay.scheduler.config.Settings;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.database.DatabasePool;
import dev.notebay.scheduler.database.EmbeddedDatabase;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.metrics.SchedulerMetrics;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.PostgresLedger;
import dev.notebay.scheduler.postgres.PostgresQueueStore;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import dev.notebay.scheduler.postgres.Schema;
import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A whole scheduler with its own PostgreSQL, as {@code ./notebay up} runs it, in a directory that
 * is thrown away; only the fleet and the launcher are not real.
 */
final class Installation implements AutoCloseable {
  private static final int CHANNELS = 4;
  private static final Duration TOKEN = Duration.ofHours(1);

  /** The usual one, but for the sessions of a person. */
  private static final Allowance ALLOWANCE =
      new Allowance(
          Load.EACH,
          Allowance.USUAL.compute(),
          Allowance.USUAL.policy(),
          Allowance.USUAL.longestLifetime(),
          Allowance.USUAL.longestIdleTimeout(),
          Allowance.USUAL.images());

  private final Path home;
  private final EmbeddedDatabase database;
  private final AgroalDataSource pool;
  private final Settings settings;
  private Scheduler scheduler;
  private Optional<KubeRuntimes> runtimes = Optional.empty();
  private final JwtIssuer issuer;
  private final InstantSource wall;
  private final List<ManagedChannel> channels = new ArrayList<>();

  private Installation(
      Path home,
      EmbeddedDatabase database,
      AgroalDataSource pool,
      Scheduler scheduler,
      Settings settings,
      InstantSource wall)
      throws IOException {
    this.home = home;
    this.database = database;
    this.pool = pool;
    this.scheduler = scheduler;
    this.settings = settings;
    this.issuer = JwtIssuer.of(settings.key("jwt-private.pem"));
    this.wall = wall;
    for (int i = 0; i < CHANNELS; i++) {
      channels.add(NettyChannelBuilder.forAddress(settings.grpc()).usePlaintext().build());
    }
  }

  /**
   * @param committed told of every session that the leader has written, once it is committed
   */
  static Installation start(
      List<Node> nodes,
      Queues queues,
      Launcher launcher,
      MeterRegistry meters,
      Consumer<Session> committed)
      throws IOException {
    Path home = Files.createTempDirectory("notebay-bench-");
    Settings settings = settings(home);
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    AgroalDataSource pool = DatabasePool.of(Map.of(), home);
    Schema.migrate(pool);
    var store = new PostgresSessionStore(pool);
    var queueStore = new PostgresQueueStore(pool);
    queueStore.replace(queues, queueStore.version());
    InstantSource wall = InstantSource.system();
    Scheduler scheduler =
        Scheduler.start(
            settings,
            CommitWatch.on(store, committed),
            queueStore,
            new PostgresLedger(pool),
            new PostgresLeaderLease(pool),
            launcher,
            () -> nodes,
            AgentTokens.of(new RuntimeSecrets(new byte[32])),
            ALLOWANCE,
            new SchedulerMetrics(meters),
            wall);
    return new Installation(home, database, pool, scheduler, settings, wall);
  }

  /** The same on a cluster, with everything that a scheduler has there. */
  static Installation startOn(
      KubernetesClient client, KubeSettings kube, MeterRegistry meters, Consumer<Session> committed)
      throws IOException {
    Path home = Files.createTempDirectory("notebay-bench-");
    Settings settings = settings(home);
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    AgroalDataSource pool = DatabasePool.of(Map.of(), home);
    Schema.migrate(pool);
    InstantSource wall = InstantSource.system();
    KubeRuntimes runtimes = KubeRuntimes.start(client, kube, settings, wall, meters);
    Scheduler scheduler = scheduler(settings, pool, runtimes, meters, committed, wall);
    var installation = new Installation(home, database, pool, scheduler, settings, wall);
    installation.runtimes = Optional.of(runtimes);
    return installation;
  }

  /** Ends the scheduler on the cluster and starts another one, on the same database. */
  void restartOn(KubernetesClient client, KubeSettings kube, MeterRegistry meters)
      throws IOException {
    scheduler.close();
    runtimes.ifPresent(KubeRuntimes::close);
    KubeRuntimes next = KubeRuntimes.start(client, kube, settings, wall, meters);
    scheduler = scheduler(settings, pool, next, meters, _ -> {}, wall);
    runtimes = Optional.of(next);
  }

  private static Scheduler scheduler(
      Settings settings,
      AgroalDataSource pool,
      KubeRuntimes runtimes,
      MeterRegistry meters,
      Consumer<Session> committed,
      InstantSource wall)
      throws IOException {
    Scheduler scheduler =
        Scheduler.start(
            settings,
            CommitWatch.on(new PostgresSessionStore(pool), committed),
            new PostgresQueueStore(pool),
            new PostgresLedger(pool),
            new PostgresLeaderLease(pool),
            runtimes.launcher(),
            runtimes.fleet(),
            runtimes.tokens(),
            ALLOWANCE,
            new SchedulerMetrics(meters),
            wall);
    runtimes.serve(scheduler);
    return scheduler;
  }

  private static Settings settings(Path home) throws IOException {
    writeKeys(home);
    return Settings.from(
        Map.of(
            "NOTEBAY_HOME", home.toString(),
            "NOTEBAY_SCHEDULER_GRPC", "127.0.0.1:" + freePort(),
            "NOTEBAY_STORAGE_GRPC", "127.0.0.1:" + freePort()));
  }

  /** What one person's client calls with; people are spread over a few connections. */
  SessionServiceBlockingStub client(int person) {
    String token = issuer.issue("person-" + person, Set.of(), wall.instant(), TOKEN);
    return SessionServiceGrpc.newBlockingStub(channels.get(person % CHANNELS))
        .withCallCredentials(new BearerToken(() -> token));
  }

  CpuTime cpu() {
    return new CpuTime(database.pid().orElseThrow());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return ((InetSocketAddress) socket.getLocalSocketAddress()).getPort();
    }
  }

  static void writeKeys(Path home) throws IOException {
    Files.createDirectories(home.resolve("keys"));
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      var pair = generator.generateKeyPair();
      write(home.resolve("keys/jwt-private.pem"), "PRIVATE KEY", pair.getPrivate());
      write(home.resolve("keys/jwt-public.pem"), "PUBLIC KEY", pair.getPublic());
    } catch (GeneralSecurityException absent) {
      throw new IllegalStateException("this Java makes no EC keys", absent);
    }
  }

  private static void write(Path file, String kind, Key key) throws IOException {
    String text = Base64.getMimeEncoder().encodeToString(key.getEncoded());
    Files.writeString(
        file, "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(kind, text, kind));
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    scheduler.close();
    runtimes.ifPresent(KubeRuntimes::close);
    pool.close();
    database.stop();
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException left) {
      throw new UncheckedIOException("cannot remove " + home, left);
    }
  }
}
