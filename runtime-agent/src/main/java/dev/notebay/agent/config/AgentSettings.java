package dev.notebay.agent.config;

import dev.notebay.agent.control.Identity;
import dev.notebay.rpc.JwtAuthenticator;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What whoever made the runtime tells its agent.
 *
 * @param bearer proves to the scheduler that this is the session's runtime; asked for anew each
 *     time
 * @param jwtKeys a PEM file, or the address of a JSON Web Key Set
 * @param announcedHost under which others reach what listens on {@code httpHost}
 * @param journalLimitBytes about how large one kernel's journal may become
 */
record AgentSettings(
    Identity identity,
    Supplier<String> bearer,
    String scheduler,
    String jwtIssuer,
    String jwtKeys,
    String httpHost,
    int httpPort,
    String announcedHost,
    String kernelName,
    Path content,
    Optional<Path> volume,
    Path volumeMount,
    OptionalLong memoryLimitBytes,
    Optional<Path> memoryEvents,
    long journalLimitBytes) {
  static final long JOURNAL_LIMIT = 4L << 30;
  private static final long JOURNAL_LIMIT_MIN = 64L << 20;
  private static final Pattern RUNTIME_UID =
      Pattern.compile("\"runtime_uid\"\\s*:\\s*\"([^\"]+)\"");
  private static final Pattern SECRET = Pattern.compile("[0-9a-f]{64}");

  /** A setting that is missing or wrong. */
  static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Wrong(String key, String value, String expected) {
      super(key + ": " + value + " (expected: " + expected + ")");
    }
  }

  @Override
  public String toString() {
    return "AgentSettings[" + identity + "]";
  }

  static AgentSettings read(Path file) throws IOException {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    var read = new Source(properties::getProperty, UnaryOperator.identity());
    UUID session = read.uuid("session.id");
    int attempt = read.number("session.attempt", 0);
    String bearer = session + "." + attempt + "." + read.secret("runtime.secret");
    return of(
        read,
        new Identity(session, attempt, read.runtimeUid()),
        () -> bearer,
        read.text("jwt.issuer"),
        read.text("jwt.keys"));
  }

  /**
   * What the environment of a pod's container says: {@code NOTEBAY_SESSION_ID} for {@code
   * session.id}, and so on.
   *
   * @param bearer the pod's token
   * @param publicKey of the tokens that clients bring, where no issuer is named
   */
  static AgentSettings ofPod(
      Map<String, String> environment, Supplier<String> bearer, Path publicKey) {
    var read = new Source(key -> environment.get(variable(key)), AgentSettings::variable);
    return of(
        read,
        new Identity(
            read.uuid("session.id"), read.number("session.attempt", 0), read.text("runtime.uid")),
        bearer,
        read.optional("jwt.issuer").orElse(JwtAuthenticator.LOCAL_ISSUER),
        read.optional("jwt.keys").orElse(publicKey.toString()));
  }

  private static String variable(String key) {
    return "NOTEBAY_" + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private static AgentSettings of(
      Source read, Identity identity, Supplier<String> bearer, String issuer, String keys) {
    String host = read.optional("http.host").orElse("127.0.0.1");
    return new AgentSettings(
        identity,
        bearer,
        read.text("scheduler.grpc"),
        issuer,
        keys,
        host,
        read.number("http.port", 0),
        read.optional("http.announced").map(AgentSettings::inUri).orElse(host),
        read.optional("python.kernel-name").orElse("python3"),
        Path.of(read.text("content.directory")),
        read.optional("volume.directory").map(Path::of),
        Path.of(read.optional("volume.mount").orElse("/mnt/volume")),
        read.limit("memory.limit-bytes"),
        read.optional("memory.events-file").map(Path::of),
        read.bytes("journal.limit-bytes", JOURNAL_LIMIT_MIN, JOURNAL_LIMIT));
  }

  /** An IPv6 address stands in brackets there. */
  private static String inUri(String host) {
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }

  /**
   * @param lookup a setting's value
   * @param shown how people know the setting
   */
  private record Source(Function<String, @Nullable String> lookup, UnaryOperator<String> shown) {
    Optional<String> optional(String key) {
      return Optional.<String>ofNullable(lookup.apply(key))
          .map(String::strip)
          .filter(value -> !value.isEmpty());
    }

    String text(String key) {
      return optional(key).orElseThrow(() -> new Wrong(shown.apply(key), "missing", "a value"));
    }

    UUID uuid(String key) {
      String value = text(key);
      try {
        return UUID.fromString(value);
      } catch (IllegalArgumentException malformed) {
        throw new Wrong(shown.apply(key), value, "a UUID");
      }
    }

    int number(String key, int otherwise) {
      Optional<String> value = optional(key);
      if (value.isEmpty()) {
        return otherwise;
      }
      try {
        int number = Integer.parseInt(value.get());
        if (number >= 0) {
          return number;
        }
      } catch (NumberFormatException malformed) {
        // Refused below, as a negative number is.
      }
      throw new Wrong(shown.apply(key), value.get(), "a number >= 0");
    }

    OptionalLong limit(String key) {
      Optional<String> value = optional(key);
      try {
        return value.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(Long.parseLong(value.get()));
      } catch (NumberFormatException malformed) {
        throw new Wrong(shown.apply(key), value.get(), "a number of bytes");
      }
    }

    long bytes(String key, long min, long otherwise) {
      long value = limit(key).orElse(otherwise);
      if (value < min) {
        throw new Wrong(shown.apply(key), Long.toString(value), "at least " + min + " bytes");
      }
      return value;
    }

    String secret(String key) {
      String value = text(key);
      if (!SECRET.matcher(value).matches()) {
        throw new Wrong(shown.apply(key), "<hidden>", "64 hexadecimal digits");
      }
      return value;
    }

    String runtimeUid() throws IOException {
      Path file = Path.of(text("runtime.uid-file"));
      Matcher found = RUNTIME_UID.matcher(Files.readString(file));
      if (!found.find()) {
        throw new Wrong("runtime.uid-file", file.toString(), "a file that says runtime_uid");
      }
      return found.group(1);
    }
  }
}
