package dev.notebay.cli.config;

import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What the command line was told by its environment, then by the last {@code up} (so that a port or
 * a database chosen there need not be repeated until {@code down}), then by default.
 */
public final class Settings {
  public static final String SCHEDULER_GRPC = "NOTEBAY_SCHEDULER_GRPC";
  public static final String SCHEDULER_HTTP = "NOTEBAY_SCHEDULER_HTTP";
  public static final String STORAGE_GRPC = "NOTEBAY_STORAGE_GRPC";
  public static final String STORAGE_HTTP = "NOTEBAY_STORAGE_HTTP";
  public static final String SANDBOX = "NOTEBAY_SANDBOX";
  public static final String DATABASE = "NOTEBAY_DB_URL";
  public static final String LAUNCH = "NOTEBAY_LAUNCH";
  public static final String VOLUMES = "NOTEBAY_VOLUMES";
  public static final String KUBERNETES_CONFIG = "NOTEBAY_KUBERNETES_CONFIG";
  public static final String KUBECONFIG = "KUBECONFIG";

  /** Value of {@link #LAUNCH}: sessions run on a cluster. */
  public static final String KUBERNETES = "kubernetes";

  public static final String PYTHON = "NOTEBAY_PYTHON";
  private static final String DATABASE_USER = "NOTEBAY_DB_USER";
  private static final String DATABASE_PASSWORD = "NOTEBAY_DB_PASSWORD";

  /** What services are started with. */
  private static final List<String> OF_SERVICES =
      List.of(
          SCHEDULER_GRPC,
          SCHEDULER_HTTP,
          STORAGE_GRPC,
          STORAGE_HTTP,
          SANDBOX,
          DATABASE,
          DATABASE_USER,
          DATABASE_PASSWORD,
          "NOTEBAY_DECLARED_DEVICES",
          "NOTEBAY_SHARED_ACCELERATORS",
          "NOTEBAY_OIDC_ISSUER",
          "NOTEBAY_OIDC_JWKS",
          LAUNCH,
          VOLUMES,
          KUBERNETES_CONFIG,
          KUBECONFIG,
          PYTHON);

  private static final Map<String, String> DEFAULTS =
      Map.of(
          SCHEDULER_GRPC, "127.0.0.1:7410",
          SCHEDULER_HTTP, "127.0.0.1:7411",
          STORAGE_GRPC, "127.0.0.1:7412",
          STORAGE_HTTP, "127.0.0.1:7413",
          SANDBOX, "bubblewrap",
          LAUNCH, "local");

  private final Map<String, String> environment;
  private final Map<String, String> lastUp;
  private final Path home;

  private Settings(Map<String, String> environment, Path home, Map<String, String> lastUp) {
    this.environment = Map.copyOf(environment);
    this.home = home;
    this.lastUp = Map.copyOf(lastUp);
  }

  /** The settings in {@code environment}. */
  public static Settings of(Map<String, String> environment) {
    Path home = homeOf(environment);
    return new Settings(environment, home, read(rememberedIn(home)));
  }

  /** These settings with one variable set. */
  public Settings with(String variable, String value) {
    Map<String, String> changed = new LinkedHashMap<>(environment);
    changed.put(variable, value);
    return new Settings(changed, home, lastUp);
  }

  public Path home() {
    return home;
  }

  public Endpoint endpoint(String variable) {
    return Endpoint.parse(variable, setting(variable));
  }

  /** The value of one of the variables that services are started with; empty where none is. */
  public String setting(String variable) {
    return variable(variable)
        .or(() -> ofLastUp(variable))
        .orElseGet(() -> DEFAULTS.getOrDefault(variable, ""));
  }

  private Optional<String> ofLastUp(String variable) {
    boolean credential = variable.equals(DATABASE_USER) || variable.equals(DATABASE_PASSWORD);
    if (credential && differs(DATABASE)) {
      return Optional.empty();
    }
    return Optional.ofNullable(lastUp.get(variable));
  }

  /** The variables that the environment sets otherwise than the last {@code up} had them. */
  public List<String> differencesFromLastUp() {
    if (lastUp.isEmpty()) {
      return List.of();
    }
    List<String> different = new ArrayList<>(OF_SERVICES);
    different.removeIf(name -> !differs(name));
    return different;
  }

  private boolean differs(String name) {
    return variable(name).filter(value -> !value.equals(lastUp.getOrDefault(name, ""))).isPresent();
  }

  /** A variable of the environment that is not blank. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** Whether a token was given, so that the services are somebody else's to start. */
  public boolean remote() {
    return variable("NOTEBAY_TOKEN").isPresent() || variable("NOTEBAY_TOKEN_FILE").isPresent();
  }

  /** Whom this machine's tokens speak for. */
  public String user() {
    String user =
        variable("NOTEBAY_USER").orElseGet(() -> System.getProperty("user.name", "").strip());
    if (user.isEmpty() || user.equals("?") || user.length() > 200) {
      throw CliFailure.usage(
          "NOTEBAY_USER: " + user + " (expected: 1 to 200 characters)",
          "set NOTEBAY_USER=yourname");
    }
    return user;
  }

  /** The distribution directory. */
  public Path distribution() {
    return variable("NOTEBAY_DIST")
        .map(Path::of)
        .map(Path::toAbsolutePath)
        .orElseThrow(
            () ->
                CliFailure.unavailable(
                    "NOTEBAY_DIST is not set (expected: the directory of the distribution)",
                    "start this program as ./notebay"));
  }

  /** What the services and their runtimes get as environment. */
  public Map<String, String> serviceEnvironment() {
    Map<String, String> all = new LinkedHashMap<>(remembered());
    all.put("NOTEBAY_HOME", home.toString());
    all.put("NOTEBAY_DIST", distribution().toString());
    return all;
  }

  /**
   * Keeps what this {@code up} used, for the commands after it, where only the owner can read it: a
   * password may be among it.
   */
  public void remember() throws IOException {
    var text = new StringBuilder("# What the last `notebay up` used.\n");
    remembered()
        .forEach((key, value) -> text.append(key).append('=').append(escape(value)).append('\n'));
    Path file = rememberedIn(home);
    Files.createDirectories(file.getParent());
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(next);
    Files.createFile(
        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private Map<String, String> remembered() {
    Map<String, String> all = new LinkedHashMap<>();
    for (String name : OF_SERVICES) {
      String value = setting(name);
      if (!value.isEmpty()) {
        all.put(name, value);
      }
    }
    return all;
  }

  /** As {@link Properties} reads it. */
  private static String escape(String value) {
    return value
        .replace("\\", "\\\\")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replaceFirst("^ ", "\\\\ ");
  }

  /**
   * Where the last {@code up} left word; removed by {@code down} without {@code --keep-sessions}.
   */
  public static Path rememberedIn(Path home) {
    return home.resolve("run").resolve("settings.properties");
  }

  private static Path homeOf(Map<String, String> environment) {
    @Nullable String home = environment.get("NOTEBAY_HOME");
    if (home != null && !home.isBlank()) {
      return Path.of(home).toAbsolutePath().normalize();
    }
    @Nullable String state = environment.get("XDG_STATE_HOME");
    Path base =
        state != null && state.startsWith("/")
            ? Path.of(state)
            : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home", "/")))
                .resolve(".local/state");
    return base.resolve("notebay").toAbsolutePath().normalize();
  }

  private static Map<String, String> read(Path file) {
    try (Reader text = new StringReader(Files.readString(file))) {
      var properties = new Properties();
      properties.load(text);
      Map<String, String> all = new LinkedHashMap<>();
      properties.stringPropertyNames().forEach(n -> all.put(n, properties.getProperty(n)));
      return all;
    } catch (IOException never) {
      return Map.of();
    }
  }
}
