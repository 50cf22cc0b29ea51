package dev.notebay.storage.config;

import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.rpc.JwtIssuer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The service with a real database, real files and a real socket, in a home of its own. */
public final class RunningGateway implements AutoCloseable {
  public static final Role SERVICE = Role.SERVICE;

  private final Path home;
  private final KeyPair keys;
  private final StorageGateway gateway;
  private final ManagedChannel channel;

  private RunningGateway(
      Path home,
      Map<String, String> environment,
      InstantSource clock,
      Supplier<KubernetesClient> cluster)
      throws IOException {
    this.home = home;
    this.keys = keyPair();
    Files.createDirectories(home.resolve("keys"));
    Files.writeString(
        home.resolve("keys/jwt-public.pem"),
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
    Map<String, String> all = new HashMap<>(environment);
    all.put("NOTEBAY_HOME", home.toString());
    all.put("NOTEBAY_STORAGE_GRPC", "127.0.0.1:0");
    gateway = StorageGateway.start(Settings.from(all), clock, cluster);
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", gateway.grpcPort()).usePlaintext().build();
  }

  /** Without a database; {@link #connect} gives it one. */
  public static RunningGateway withoutDatabase(Path home, Map<String, String> environment)
      throws IOException {
    return withoutDatabase(
        home,
        environment,
        () -> {
          throw new IllegalStateException("these volumes are directories");
        });
  }

  private static RunningGateway withoutDatabase(
      Path home, Map<String, String> environment, Supplier<KubernetesClient> cluster)
      throws IOException {
    return new RunningGateway(
        home, environment, Clock.tick(Clock.systemUTC(), Duration.ofNanos(1000)), cluster);
  }

  /** Whose volumes are claims of a cluster. */
  public static RunningGateway onClaims(
      Path home,
      EmbeddedPostgres postgres,
      Map<String, String> environment,
      KubernetesClient cluster)
      throws IOException {
    writeConnection(home, postgres);
    Map<String, String> all = new HashMap<>(environment);
    all.put("NOTEBAY_VOLUMES", "claims");
    RunningGateway running = withoutDatabase(home, all, () -> cluster);
    await(() -> running.gateway.databaseProblem().isEmpty());
    return running;
  }

  /** With a database of its own name in {@code postgres}. */
  public static RunningGateway start(
      Path home, EmbeddedPostgres postgres, Map<String, String> environment) throws IOException {
    writeConnection(home, postgres);
    RunningGateway running = withoutDatabase(home, environment);
    await(() -> running.gateway.databaseProblem().isEmpty());
    return running;
  }

  /** Does what the scheduler does when its embedded PostgreSQL has started. */
  public static void writeConnection(Path home, EmbeddedPostgres postgres) throws IOException {
    Files.createDirectories(home.resolve("postgres"));
    Files.writeString(
        home.resolve("postgres/connection.properties"),
        "url=" + postgres.getJdbcUrl("postgres", "postgres") + "\nuser=postgres\npassword=\n");
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public Path home() {
    return home;
  }

  public StorageGateway gateway() {
    return gateway;
  }

  public ManagedChannel channel() {
    return channel;
  }

  public VolumeServiceBlockingStub as(String subject, Role... roles) {
    String token = token(subject, roles);
    return VolumeServiceGrpc.newBlockingStub(channel)
        .withCallCredentials(new BearerToken(() -> token));
  }

  public VolumeServiceGrpc.VolumeServiceStub async(String subject) {
    String token = token(subject);
    return VolumeServiceGrpc.newStub(channel).withCallCredentials(new BearerToken(() -> token));
  }

  private String token(String subject, Role... roles) {
    return new JwtIssuer(keys.getPrivate())
        .issue(subject, Set.of(roles), InstantSource.system().instant(), Duration.ofHours(1));
  }

  /** Does now what the service does once a minute. */
  public void emptyTrash() {
    gateway.emptyTrash();
  }

  /** Looks until {@code condition} holds, for at most 40 seconds. */
  public static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not come true in 40 s");
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    gateway.close();
  }
}
