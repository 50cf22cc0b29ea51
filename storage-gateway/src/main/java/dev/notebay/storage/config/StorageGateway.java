package dev.notebay.storage.config;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.rpc.JwtAuthenticator;
import dev.notebay.storage.core.file.MeteredFiles;
import dev.notebay.storage.core.file.Traffic;
import dev.notebay.storage.core.mount.Mounts;
import dev.notebay.storage.core.volume.Meter;
import dev.notebay.storage.core.volume.Trash;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeUid;
import dev.notebay.storage.core.volume.Volumes;
import dev.notebay.storage.files.DiskThreads;
import dev.notebay.storage.files.LocalFiles;
import dev.notebay.storage.files.LocalTree;
import dev.notebay.storage.grpc.Errors;
import dev.notebay.storage.grpc.VolumeGrpcService;
import dev.notebay.storage.postgres.Database;
import dev.notebay.storage.postgres.PostgresMountStore;
import dev.notebay.storage.postgres.PostgresVolumeStore;
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

/**
 * The whole service but for its HTTP side: it runs as soon as its port is bound, whether or not the
 * database is there yet.
 */
public final class StorageGateway implements AutoCloseable {
  private static final int DISK_THREADS = 32;
  private static final Duration DISK_PATIENCE = Duration.ofSeconds(30);
  private static final Meter.Intervals MEASURED_EVERY =
      new Meter.Intervals(Duration.ofSeconds(20), Duration.ofMinutes(15));

  private final Database database;
  private final DiskThreads disk;
  private final LocalTree tree;
  private final VolumeStore store;
  private final Traffic traffic;
  private final InstantSource clock;
  private final Trash trash;
  private final Loops loops;
  private final GrpcEndpoint endpoint;

  private StorageGateway(Settings settings, InstantSource clock) throws IOException {
    makePrivate(settings.home());
    makePrivate(settings.volumes());
    database = Database.at(settings.database());
    disk = new DiskThreads(DISK_THREADS, DISK_PATIENCE);
    tree = new LocalTree(settings.volumes(), disk, clock.instant());
    store = new PostgresVolumeStore(database.sql());
    traffic = new Traffic();
    var volumes =
        new Volumes(store, tree, settings.policy(), clock, () -> new VolumeUid(UUID.randomUUID()));
    var mounts = new Mounts(volumes, new PostgresMountStore(database.sql()), tree, clock);
    var meter = new Meter(store, tree, settings.policy(), clock, MEASURED_EVERY);
    var files = new MeteredFiles(new LocalFiles(tree, disk), meter, traffic);
    try {
      endpoint =
          GrpcEndpoint.start(
              new InetSocketAddress(settings.grpc().host(), settings.grpc().port()),
              List.of(new VolumeGrpcService(volumes, mounts, files, settings.policy())),
              new BearerAuthentication(Map.of(), authenticator(settings)),
              new ErrorMapping(Errors::statusOf));
    } catch (IOException | RuntimeException failure) {
      disk.close();
      database.close();
      throw failure;
    }
    this.clock = clock;
    trash = new Trash(store, tree);
    loops = new Loops(database, trash, meter, clock);
  }

  /**
   * @throws IOException where the port cannot be bound or the state directory cannot be made
   */
  public static StorageGateway start(Settings settings) throws IOException {
    // PostgreSQL keeps microseconds; so do we, that what is read equals what was written.
    Clock clock = Clock.tick(Clock.systemUTC(), Duration.ofNanos(1000));
    return start(settings, clock);
  }

  static StorageGateway start(Settings settings, InstantSource clock) throws IOException {
    var gateway = new StorageGateway(settings, clock);
    gateway.loops.start();
    return gateway;
  }

  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static Authenticator authenticator(Settings settings) {
    return settings
        .oidc()
        .map(oidc -> JwtAuthenticator.trusting(oidc.issuer(), oidc.keys()))
        .orElseGet(() -> JwtAuthenticator.trustingLocalKey(settings.publicKey()));
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
    tree.check();
  }

  @Override
  public void close() {
    endpoint.close();
    loops.close();
    database.close();
    disk.close();
  }
}
