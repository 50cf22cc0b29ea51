package dev.notebay.agent.config;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.JwtAuthenticator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the keys when the first token comes, so that the agent is ready before. The first
 * verification of a process takes tens of milliseconds; {@link #warmUp()} spends them while nobody
 * waits.
 */
final class LazyAuthenticator implements Authenticator {
  private final String issuer;
  private final String keys;
  private @Nullable Authenticator made;

  LazyAuthenticator(String issuer, String keys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  /** Verifies a token that cannot be right: well-formed, ES256, by nobody. */
  void warmUp() {
    byte[] signature = new byte[64];
    signature[31] = 1;
    signature[63] = 1;
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    var refused =
        authenticate(
            encoder.encodeToString("{\"alg\":\"ES256\"}".getBytes(StandardCharsets.UTF_8))
                + "."
                + encoder.encodeToString("{}".getBytes(StandardCharsets.UTF_8))
                + "."
                + encoder.encodeToString(signature));
    if (refused.isPresent()) {
      throw new IllegalStateException("a token by nobody was accepted");
    }
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
