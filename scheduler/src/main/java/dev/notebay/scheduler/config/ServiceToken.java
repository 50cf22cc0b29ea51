package dev.notebay.scheduler.config;

import dev.notebay.rpc.JwtAuthenticator;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.build.Jwt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The scheduler's own token towards the storage gateway, signed with this machine's key and renewed
 * in time.
 */
final class ServiceToken implements Supplier<String> {
  private static final Duration VALIDITY = Duration.ofMinutes(10);
  private static final Duration MARGIN = Duration.ofMinutes(2);

  private final PrivateKey key;
  private final InstantSource clock;
  private String token = "";
  private Instant renewAt = Instant.MIN;

  ServiceToken(Path privateKey, InstantSource clock) {
    try {
      this.key =
          io.smallrye.jwt.util.KeyUtils.decodePrivateKey(
              Files.readString(privateKey), SignatureAlgorithm.ES256);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + privateKey, unreadable);
    } catch (GeneralSecurityException malformed) {
      throw new IllegalStateException("not an EC private key: " + privateKey, malformed);
    }
    this.clock = clock;
  }

  @Override
  public synchronized String get() {
    Instant now = clock.instant();
    if (!now.isBefore(renewAt)) {
      token =
          Jwt.issuer(JwtAuthenticator.LOCAL_ISSUER)
              .audience(JwtAuthenticator.AUDIENCE)
              .subject("notebay-scheduler")
              .groups(Set.of("notebay:service"))
              .issuedAt(now)
              .expiresAt(now.plus(VALIDITY))
              .jws()
              .algorithm(SignatureAlgorithm.ES256)
              .sign(key);
      renewAt = now.plus(VALIDITY).minus(MARGIN);
    }
    return token;
  }
}
