package dev.notebay.reliability.processes;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.identity.LocalKeys;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.JwtIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One installation of Notebay in a directory and on ports of its own: its services, which are
 * started as {@code ./notebay up} does, and its PostgreSQL.
 */
final class Installation implements AutoCloseable {
  static final String DEVICES = "nvidia-t4:4";
  private static final Duration TOKEN_LIFE = Duration.ofHours(12);
  private static final Duration END = Duration.ofSeconds(30);
  private final Path home;
  private final Settings settings;
  private final Database database;
  private final Map<String, String> more;
  private final Service scheduler;
  private final Service storage;

  /**
   * Prepares it; nothing is started.
   *
   * @param home does not exist yet
   */
  Installation(Path home, Path distribution) throws IOException {
    this(home, distribution, new Database(home), Map.of());
  }

  /**
   * The same with a database of its own making.
   *
   * @param more variables of its environment
   */
  Installation(Path home, Path distribution, Database database, Map<String, String> more)
      throws IOException {
    this.home = home;
    this.database = database;
    LocalKeys.ensureHome(home);
    for (String part : List.of("run", "logs", "postgres", "volumes", "runtimes")) {
      LocalKeys.ensureDirectory(home.resolve(part));
    }
    new LocalKeys(home).ensure();
    Map<String, String> environment = new HashMap<>(more);
    environment.put("NOTEBAY_HOME", home.toString());
    environment.put("NOTEBAY_DIST", distribution.toString());
    environment.put("NOTEBAY_DECLARED_DEVICES", DEVICES);
    environment.put("NOTEBAY_SHARED_ACCELERATORS", "nvidia-t4");
    for (String address :
        List.of(
            Settings.SCHEDULER_GRPC,
            Settings.SCHEDULER_HTTP,
            Settings.STORAGE_GRPC,
            Settings.STORAGE_HTTP)) {
      environment.put(address, "127.0.0.1:" + freePort());
    }
    this.settings = Settings.of(environment);
    this.more = more;
    this.scheduler = service("scheduler", settings, Settings.SCHEDULER_GRPC);
    this.storage = service("storage-gateway", settings, Settings.STORAGE_GRPC);
  }

  private Service service(String title, Settings with, String address) {
    Map<String, String> environment = new HashMap<>(with.serviceEnvironment());
    environment.putAll(more);
    return new Service(title, home, with.distribution(), environment, with.endpoint(address));
  }

  /** One more scheduler beside the first, on ports of its own. */
  Service anotherScheduler() throws IOException {
    return service(
        "scheduler",
        settings
            .with(Settings.SCHEDULER_GRPC, "127.0.0.1:" + freePort())
            .with(Settings.SCHEDULER_HTTP, "127.0.0.1:" + freePort()),
        Settings.SCHEDULER_GRPC);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  Path home() {
    return home;
  }

  Settings settings() {
    return settings;
  }

  Service scheduler() {
    return scheduler;
  }

  Service storage() {
    return storage;
  }

  Database database() {
    return database;
  }

  /** Starts both and waits until they serve. */
  void up(String... options) throws Exception {
    storage.start(options);
    scheduler.start(options);
    storage.requireServing();
    scheduler.requireServing();
  }

  /** What speaks for a person, as the command line would make it. */
  BearerToken token(String user) throws IOException {
    String token = tokenText(user);
    return new BearerToken(() -> token);
  }

  String tokenText(String user) throws IOException {
    return JwtIssuer.of(home.resolve("keys/jwt-private.pem"))
        .issue(user, Set.of(), Instant.now(), TOKEN_LIFE);
  }

  /** Ends all of it at once: services, PostgreSQL, and runtimes that are left. */
  @Override
  public void close() throws Exception {
    scheduler.close();
    storage.close();
    for (RuntimeSeen runtime : RuntimeSeen.all(home)) {
      runtime.kill();
    }
    database.kill();
    Poll.until(
        "no process is left",
        END,
        () -> RuntimeSeen.all(home).stream().noneMatch(RuntimeSeen::runs));
    remove(home);
  }

  private static void remove(Path directory) throws IOException, InterruptedException {
    if (Files.exists(directory)) {
      new ProcessBuilder("rm", "-rf", "--", directory.toString()).start().waitFor();
    }
  }
}
