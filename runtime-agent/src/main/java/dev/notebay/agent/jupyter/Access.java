package dev.notebay.agent.jupyter;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.Caller;
import io.vertx.core.MultiMap;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who may ask: the session's owner, from a page of ours or from no page at all. */
final class Access {
  private static final List<String> SCHEMES = List.of("token ", "bearer ");

  private final Authenticator authenticator;
  private final Supplier<Optional<String>> owner;

  /**
   * @param owner the subject whose session this is; empty until the scheduler has said
   */
  Access(Authenticator authenticator, Supplier<Optional<String>> owner) {
    this.authenticator = authenticator;
    this.owner = owner;
  }

  /**
   * Returns who asks.
   *
   * @throws Refusal the same one for no token, a bad one, and somebody else's
   */
  String owner(MultiMap headers, MultiMap query) {
    String expected =
        owner
            .get()
            .orElseThrow(() -> new Refusal(503, "the session is starting", "Service Unavailable"));
    return token(headers, query)
        .flatMap(authenticator::authenticate)
        .map(Caller::subject)
        .filter(expected::equals)
        .orElseThrow(Refusal::forbidden);
  }

  private static Optional<String> token(MultiMap headers, MultiMap query) {
    List<String> authorization = headers.getAll("Authorization");
    if (authorization.isEmpty()) {
      List<String> tokens = query.getAll("token");
      return tokens.size() == 1 ? Optional.of(tokens.getFirst()) : Optional.empty();
    }
    if (authorization.size() == 1) {
      String value = authorization.getFirst();
      for (String scheme : SCHEMES) {
        if (value.regionMatches(true, 0, scheme, 0, scheme.length())) {
          return Optional.of(value.substring(scheme.length()).strip());
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Lets pages of this server through, and programs, which name no origin.
   *
   * @throws Refusal for every other page
   */
  void checkOrigin(MultiMap headers, @Nullable String host) {
    List<String> origins = headers.getAll("Origin");
    if (origins.isEmpty()) {
      return;
    }
    if (origins.size() > 1 || !isAllowed(origins.getFirst(), host)) {
      throw new Refusal(403, "Cross-origin request refused", "Forbidden");
    }
  }

  private static boolean isAllowed(String origin, @Nullable String host) {
    if (host == null) {
      return false;
    }
    try {
      var uri = new URI(origin);
      String scheme = uri.getScheme();
      boolean bare =
          (uri.getRawPath() == null || uri.getRawPath().isEmpty())
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && uri.getRawUserInfo() == null;
      return bare
          && ("http".equals(scheme) || "https".equals(scheme))
          && uri.getRawAuthority() != null
          && uri.getRawAuthority().toLowerCase(Locale.ROOT).equals(host.toLowerCase(Locale.ROOT));
    } catch (java.net.URISyntaxException malformed) {
      return false;
    }
  }
}
