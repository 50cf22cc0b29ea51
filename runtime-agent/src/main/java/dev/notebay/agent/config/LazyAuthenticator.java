package dev.notebay.agent.config;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.JwtAuthenticator;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the keys when the first token comes, so that the agent is ready before. */
final class LazyAuthenticator implements Authenticator {
  private final String issuer;
  private final String keys;
  private @Nullable Authenticator made;

  LazyAuthenticator(String issuer, String keys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  @Override
  public Optional<Caller> authenticate(String token) {
    return made().authenticate(token);
  }

  private synchronized Authenticator made() {
    if (made == null) {
      made =
          issuer.equals(JwtAuthenticator.LOCAL_ISSUER)
              ? JwtAuthenticator.trustingLocalKey(Path.of(keys))
              : JwtAuthenticator.trusting(issuer, keys);
    }
    return made;
  }
}
