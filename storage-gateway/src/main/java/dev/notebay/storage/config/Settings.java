package dev.notebay.storage.config;

import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.kube.ClaimSettings;
import dev.notebay.storage.postgres.Database;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the environment says.
 *
 * @param claims how volumes become claims of a cluster; empty where they are directories
 */
public record Settings(
    Path home,
    Address grpc,
    Address http,
    Database.Place database,
    Optional<Oidc> oidc,
    VolumePolicy policy,
    Optional<ClaimSettings> claims) {

  private static final long DEFAULT_QUOTA = 15L << 30;
  private static final int DEFAULT_MAXIMUM_VOLUMES = 100;
  private static final Duration DEFAULT_RETENTION = Duration.ofDays(30);

  private static final List<String> ACCESS_MODES =
      List.of("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod");

  /** Where to listen. */
  public record Address(String host, int port, String variable) {}

  /** Whose tokens are trusted on a cluster. */
  public record Oidc(String issuer, String keys) {}

  /** The environment is wrong; the message names the variable and what it should be. */
  public static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Wrong(String variable, String value, String expected) {
      super(variable + ": " + value + " (expected: " + expected + ")");
    }
  }

  /**
   * @throws Wrong where a variable makes no sense
   */
  public static Settings from(Map<String, String> environment) {
    Function<String, Optional<String>> variable =
        name -> Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    Path home =
        variable
            .apply("NOTEBAY_HOME")
            .map(Path::of)
            .orElseGet(
                () ->
                    variable
                        .apply("XDG_STATE_HOME")
                        .map(Path::of)
                        .orElseGet(
                            () ->
                                Path.of(variable.apply("HOME").orElse("/root"), ".local", "state"))
                        .resolve("notebay"))
            .toAbsolutePath();
    return new Settings(
        home,
        address(variable, "NOTEBAY_STORAGE_GRPC", "127.0.0.1:7412"),
        address(variable, "NOTEBAY_STORAGE_HTTP", "127.0.0.1:7413"),
        database(variable, home),
        oidc(variable),
        policy(variable),
        claims(variable));
  }

  private static Optional<ClaimSettings> claims(Function<String, Optional<String>> variable) {
    String kind = variable.apply("NOTEBAY_VOLUMES").orElse("directories");
    return switch (kind) {
      case "directories" -> Optional.empty();
      case "claims" ->
          Optional.of(
              new ClaimSettings(
                  label(variable, "NOTEBAY_INSTALLATION", "notebay"),
                  label(variable, "NOTEBAY_CLAIM_NAMESPACE", "notebay-sessions"),
                  variable.apply("NOTEBAY_STORAGE_CLASS"),
                  accessMode(variable)));
      default -> throw new Wrong("NOTEBAY_VOLUMES", kind, "directories or claims");
    };
  }

  private static String label(
      Function<String, Optional<String>> variable, String name, String standard) {
    String value = variable.apply(name).orElse(standard);
    if (!value.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      throw new Wrong(name, value, "at most 63 of a-z, 0-9 and -");
    }
    return value;
  }

  private static String accessMode(Function<String, Optional<String>> variable) {
    String name = "NOTEBAY_CLAIM_ACCESS_MODE";
    String mode = variable.apply(name).orElse(ACCESS_MODES.getFirst());
    if (!ACCESS_MODES.contains(mode)) {
      throw new Wrong(name, mode, String.join(", ", ACCESS_MODES));
    }
    return mode;
  }

  private static Database.Place database(Function<String, Optional<String>> variable, Path home) {
    return variable
        .apply("NOTEBAY_DB_URL")
        .<Database.Place>map(
            url -> {
              if (!url.startsWith("jdbc:postgresql:")) {
                throw new Wrong("NOTEBAY_DB_URL", "<hidden>", "jdbc:postgresql://host:port/name");
              }
              return new Database.Place.Fixed(
                  url, variable.apply("NOTEBAY_DB_USER"), variable.apply("NOTEBAY_DB_PASSWORD"));
            })
        .orElseGet(
            () ->
                new Database.Place.Following(
                    home.resolve("postgres").resolve("connection.properties")));
  }

  private static Optional<Oidc> oidc(Function<String, Optional<String>> variable) {
    return variable
        .apply("NOTEBAY_OIDC_ISSUER")
        .map(
            issuer ->
                new Oidc(
                    issuer,
                    variable
                        .apply("NOTEBAY_OIDC_JWKS")
                        .orElseThrow(
                            () ->
                                new Wrong(
                                    "NOTEBAY_OIDC_JWKS",
                                    "not set",
                                    "the address of the issuer's JSON Web Key Set"))));
  }

  private static VolumePolicy policy(Function<String, Optional<String>> variable) {
    return new VolumePolicy(
        new Quota(number(variable, "NOTEBAY_VOLUME_QUOTA_BYTES", DEFAULT_QUOTA, Long.MAX_VALUE)),
        (int) number(variable, "NOTEBAY_VOLUMES_PER_OWNER", DEFAULT_MAXIMUM_VOLUMES, 1_000_000),
        variable
            .apply("NOTEBAY_TRASH_RETENTION")
            .map(text -> duration("NOTEBAY_TRASH_RETENTION", text))
            .orElse(DEFAULT_RETENTION));
  }

  private static long number(
      Function<String, Optional<String>> variable, String name, long standard, long maximum) {
    Optional<String> text = variable.apply(name);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      long number = Long.parseLong(text.get());
      if (number >= 1 && number <= maximum) {
        return number;
      }
    } catch (NumberFormatException notOne) {
      throw new Wrong(name, text.get(), "a number");
    }
    throw new Wrong(name, text.get(), "1 to " + maximum);
  }

  private static Duration duration(String name, String text) {
    try {
      Duration duration = Duration.parse(text);
      if (!duration.isNegative()) {
        return duration;
      }
    } catch (DateTimeParseException notOne) {
      throw new Wrong(name, text, "a duration like P30D or PT12H");
    }
    throw new Wrong(name, text, "a duration that is not negative");
  }

  private static Address address(
      Function<String, Optional<String>> variable, String name, String standard) {
    String text = variable.apply(name).orElse(standard);
    try {
      URI uri = new URI("tcp://" + text);
      if (uri.getHost() != null && uri.getPort() >= 0 && uri.getPort() <= 65535) {
        return new Address(uri.getHost().replaceAll("[\\[\\]]", ""), uri.getPort(), name);
      }
    } catch (URISyntaxException malformed) {
      throw new Wrong(name, text, "host:port, like " + standard);
    }
    throw new Wrong(name, text, "host:port, like " + standard);
  }

  /** Where volumes' files are. */
  public Path volumes() {
    return home.resolve("volumes");
  }

  /** The key that signs this machine's tokens, its public half. */
  public Path publicKey() {
    return home.resolve("keys").resolve("jwt-public.pem");
  }
}
