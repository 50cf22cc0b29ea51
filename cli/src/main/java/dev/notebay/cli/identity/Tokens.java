package dev.notebay.cli.identity;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.rpc.JwtIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The user's tokens: the one given by {@code NOTEBAY_TOKEN} or {@code NOTEBAY_TOKEN_FILE}, else one
 * signed with this machine's own key, short-lived and signed anew when it grows old. Who holds the
 * key is the machine's admin.
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
      current = issue(settings.user(), Set.of(Role.ADMIN), now);
      renewAt = now.plus(LIFE).minus(RENEW_BEFORE_END);
    }
    return current;
  }

  /** A token of this machine for {@code user}, without any role. */
  public String mint(String user, Instant now) {
    return issue(user, Set.of(), now);
  }

  private String issue(String user, Set<Role> roles, Instant now) {
    return new JwtIssuer(new LocalKeys(settings.home()).signingKey()).issue(user, roles, now, LIFE);
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
}
