package dev.notebay.cli.identity;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.rpc.JwtAuthenticator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The user's tokens: the one given by {@code NOTEBAY_TOKEN} or {@code NOTEBAY_TOKEN_FILE}, else one
 * signed with this machine's own key, short-lived and signed anew when it grows old.
 */
public final class Tokens implements Supplier<String> {
  private static final Duration LIFE = Duration.ofMinutes(15);
  private static final Duration RENEW_BEFORE_END = Duration.ofMinutes(5);

  private final Settings settings;
  private final InstantSource clock;
  private @Nullable String current;
  private Instant renewAt = Instant.MIN;

  public Tokens(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public synchronized String get() {
    Optional<String> given = given();
    if (given.isPresent()) {
      return given.get();
    }
    Instant now = clock.instant();
    if (current == null || !now.isBefore(renewAt)) {
      current = mint(settings.user(), now);
      renewAt = now.plus(LIFE).minus(RENEW_BEFORE_END);
    }
    return current;
  }

  /** A token of this machine for {@code user}. */
  public String mint(String user, Instant now) {
    return sign(new LocalKeys(settings.home()).signingKey(), user, now);
  }

  /**
   * The token given from outside; a file is read anew each time, because its owner may renew it.
   */
  private Optional<String> given() {
    Optional<String> token = settings.variable("NOTEBAY_TOKEN");
    if (token.isPresent()) {
      return token.map(String::strip);
    }
    return settings.variable("NOTEBAY_TOKEN_FILE").map(file -> read(Path.of(file)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException unreadable) {
      throw CliFailure.usage(
          "NOTEBAY_TOKEN_FILE: " + file + " cannot be read", "put the token into that file");
    }
  }

  /** A JSON Web Token signed with ES256 (RFC 7515, 7518). */
  static String sign(PrivateKey key, String user, Instant now) {
    String header = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
    String claims =
        "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":%s,\"iat\":%d,\"exp\":%d,\"jti\":\"%s\"}"
            .formatted(
                JwtAuthenticator.LOCAL_ISSUER,
                JwtAuthenticator.AUDIENCE,
                quoted(user),
                now.getEpochSecond(),
                now.plus(LIFE).getEpochSecond(),
                UUID.randomUUID());
    String signed =
        encode(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + encode(claims.getBytes(StandardCharsets.UTF_8));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + encode(signature.sign());
    } catch (GeneralSecurityException unusable) {
      throw CliFailure.unavailable(
          "this machine's key cannot sign: " + unusable.getMessage(), "run: ./notebay up");
    }
  }

  private static String quoted(String text) {
    var json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\' || c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
