package dev.notebay.storage.config;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.rpc.JwtAuthenticator;
import dev.notebay.storage.core.file.Traffic;
import dev.notebay.storage.core.mount.Mounts;
import dev.notebay.storage.core.volume.ClaimCounts;
import dev.notebay.storage.core.volume.Trash;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeTree;
import dev.notebay.storage.core.volume.VolumeUid;
import dev.notebay.storage.core.volume.Volumes;
import dev.notebay.storage.grpc.Errors;
import dev.notebay.storage.grpc.VolumeGrpcService;
import dev.notebay.storage.kube.ClusterClient;
import dev.notebay.storage.postgres.Database;
import dev.notebay.storage.postgres.PostgresMountStore;
import dev.notebay.storage.postgres.PostgresVolumeStore;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The whole service but for its HTTP side: it runs as soon as its port is bound, whether or not the
 * database is there yet.
 */
public final class StorageGateway implements AutoCloseable {
  private final Database database;
  private final Backing backing;
  private final VolumeStore store;
  private final Traffic traffic;
  private final ClaimCounts claims = new ClaimCounts();
  private final InstantSource clock;
  private final Trash trash;
  private final Loops loops;
  private final GrpcEndpoint endpoint;

  private StorageGateway(Settings settings, InstantSource clock, Supplier<KubernetesClient> cluster)
      throws IOException {
    makePrivate(settings.home());
    database = Database.at(settings.database());
    store = new PostgresVolumeStore(database.sql());
    traffic = new Traffic();
    backing = backing(settings, clock, cluster);
    VolumeTree tree = backing.tree();
    var volumes =
        new Volumes(store, tree, settings.policy(), clock, () -> new VolumeUid(UUID.randomUUID()));
    var mounts = new Mounts(volumes, new PostgresMountStore(database.sql()), tree, clock);
    try {
      endpoint =
          GrpcEndpoint.start(
              new InetSocketAddress(settings.grpc().host(), settings.grpc().port()),
              List.of(new VolumeGrpcService(volumes, mounts, backing.files(), settings.policy())),
              new BearerAuthentication(Map.of(), authenticator(settings)),
              new ErrorMapping(Errors::statusOf));
    } catch (IOException | RuntimeException failure) {
      backing.close().run();
      database.close();
      throw failure;
    }
    this.clock = clock;
    trash = new Trash(store, tree);
    loops = new Loops(database, trash, backing.measure(), clock);
  }

  private Backing backing(
      Settings settings, InstantSource clock, Supplier<KubernetesClient> cluster)
      throws IOException {
    if (settings.claims().isPresent()) {
      return Backing.claims(cluster.get(), settings.claims().get(), settings.policy(), claims);
    }
    makePrivate(settings.volumes());
    return Backing.directories(settings.volumes(), store, settings.policy(), traffic, clock);
  }

  /**
   * @throws IOException where the port cannot be bound or the state directory cannot be made
   */
  public static StorageGateway start(Settings settings) throws IOException {
    // PostgreSQL keeps microseconds; so do we, that what is read equals what was written.
    Clock clock = Clock.tick(Clock.systemUTC(), Duration.ofNanos(1000));
    return start(settings, clock, ClusterClient::usual);
  }

  /**
   * @param cluster where volumes are claims; not asked for otherwise
   */
  static StorageGateway start(
      Settings settings, InstantSource clock, Supplier<KubernetesClient> cluster)
      throws IOException {
    var gateway = new StorageGateway(settings, clock, cluster);
    gateway.loops.start();
    return gateway;
  }

  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /**
   * People come with their issuer's tokens where there is one; the scheduler always with one that
   * it has signed with this installation's key.
   */
  private static Authenticator authenticator(Settings settings) {
    if (settings.oidc().isEmpty()) {
      return JwtAuthenticator.trustingLocalKey(settings.publicKey());
    }
    Settings.Oidc oidc = settings.oidc().get();
    Authenticator people = JwtAuthenticator.trusting(oidc.issuer(), oidc.keys());
    if (!Files.exists(settings.publicKey())) {
      return people;
    }
    Authenticator ours = JwtAuthenticator.trustingLocalKey(settings.publicKey());
    return token -> ours.authenticate(token).or(() -> people.authenticate(token));
  }

  public int grpcPort() {
    return endpoint.port();
  }

  VolumeStore store() {
    return store;
  }

  Traffic traffic() {
    return traffic;
  }

  ClaimCounts claims() {
    return claims;
  }

  /** One round of what is done unasked once a minute. */
  void emptyTrash() {
    trash.runOnce(clock.instant());
  }

  /** What keeps the database from serving; empty where nothing does. */
  Optional<String> databaseProblem() {
    return database.problem();
  }

  /** Throws what keeps volumes from being written. */
  void checkTree() {
    backing.check().run();
  }

  @Override
  public void close() {
    endpoint.close();
    loops.close();
    database.close();
    backing.close().run();
  }
}
