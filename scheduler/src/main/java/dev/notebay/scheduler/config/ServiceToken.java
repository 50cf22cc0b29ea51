package dev.notebay.scheduler.config;

import dev.notebay.rpc.Caller.Role;
import dev.notebay.rpc.JwtIssuer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Supplier;

/** The scheduler's own token towards the storage gateway, renewed in time. */
final class ServiceToken implements Supplier<String> {
  private static final Duration LIFE = Duration.ofMinutes(10);
  private static final Duration MARGIN = Duration.ofMinutes(2);

  private final JwtIssuer issuer;
  private final InstantSource clock;
  private String token = "";
  private Instant renewAt = Instant.MIN;

  ServiceToken(JwtIssuer issuer, InstantSource clock) {
    this.issuer = issuer;
    this.clock = clock;
  }

  @Override
  public synchronized String get() {
    Instant now = clock.instant();
    if (!now.isBefore(renewAt)) {
      token = issuer.issue("notebay-scheduler", Set.of(Role.SERVICE), now, LIFE);
      renewAt = now.plus(LIFE).minus(MARGIN);
    }
    return token;
  }
}
