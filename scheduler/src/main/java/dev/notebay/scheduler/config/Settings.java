package dev.notebay.scheduler.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment says.
 *
 * @param home the state directory
 * @param grpc where to serve gRPC
 * @param http where to serve metrics and health
 * @param storage where the storage gateway serves gRPC
 * @param databaseUrl an external database; empty for the embedded one
 * @param oidc whose tokens to accept instead of this machine's own
 * @param launch where sessions run
 */
public record Settings(
    Path home,
    InetSocketAddress grpc,
    InetSocketAddress http,
    InetSocketAddress storage,
    Optional<String> databaseUrl,
    Optional<Oidc> oidc,
    Launch launch) {

  /** Where sessions run. */
  public enum Launch {
    /** On this machine. */
    LOCAL,
    /** On a cluster. */
    KUBERNETES
  }

  /** An OpenID Connect issuer and the address of its keys. */
  public record Oidc(String issuer, String keys) {}

  /** A setting is missing or wrong; the message names it and what would be right. */
  static final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SettingException(String message) {
      super(message);
    }
  }

  /** What the variables {@code NOTEBAY_…} say. */
  public static Settings from(Map<String, String> environment) {
    return new Settings(
        home(environment),
        address(environment, "NOTEBAY_SCHEDULER_GRPC", "127.0.0.1:7410"),
        address(environment, "NOTEBAY_SCHEDULER_HTTP", "127.0.0.1:7411"),
        address(environment, "NOTEBAY_STORAGE_GRPC", "127.0.0.1:7412"),
        optional(environment, "NOTEBAY_DB_URL"),
        oidc(environment),
        launch(environment));
  }

  private static Launch launch(Map<String, String> environment) {
    String text = optional(environment, "NOTEBAY_LAUNCH").orElse("local");
    return switch (text) {
      case "local" -> Launch.LOCAL;
      case "kubernetes" -> Launch.KUBERNETES;
      default ->
          throw new SettingException(
              "NOTEBAY_LAUNCH: " + text + " (expected: local or kubernetes)");
    };
  }

  private static Path home(Map<String, String> environment) {
    return optional(environment, "NOTEBAY_HOME")
        .map(Path::of)
        .or(() -> optional(environment, "XDG_STATE_HOME").map(dir -> Path.of(dir, "notebay")))
        .or(() -> optional(environment, "HOME").map(dir -> Path.of(dir, ".local/state/notebay")))
        .orElseThrow(() -> new SettingException("NOTEBAY_HOME is not set (expected: a directory)"))
        .toAbsolutePath();
  }

  private static InetSocketAddress address(
      Map<String, String> environment, String name, String usual) {
    String text = optional(environment, name).orElse(usual);
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65_535) {
        return new InetSocketAddress(text.substring(0, colon), port);
      }
    } catch (NumberFormatException notAPort) {
      throw new SettingException(name + ": " + text + " (expected: host:port, as " + usual + ")");
    }
    throw new SettingException(name + ": " + text + " (expected: host:port, as " + usual + ")");
  }

  private static Optional<Oidc> oidc(Map<String, String> environment) {
    Optional<String> issuer = optional(environment, "NOTEBAY_OIDC_ISSUER");
    Optional<String> keys = optional(environment, "NOTEBAY_OIDC_JWKS");
    if (issuer.isPresent() != keys.isPresent()) {
      throw new SettingException(
          "NOTEBAY_OIDC_ISSUER and NOTEBAY_OIDC_JWKS must both be set, or neither");
    }
    return issuer.map(each -> new Oidc(each, keys.orElseThrow()));
  }

  private static Optional<String> optional(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** Name of this process among the replicas: no other live one listens at this address. */
  String replica() {
    return grpc.getHostString() + ":" + grpc.getPort() + " on " + hostName();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }

  public Path key(String name) {
    return home.resolve("keys").resolve(name);
  }
}
