package dev.notebay.rpc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * Remembers for half a minute whose tokens were accepted, because a signature costs more to verify
 * than most calls cost to serve. A token that has run out, or whose key is trusted no more, is
 * accepted for that long at most; what is not accepted is asked about every time.
 */
final class RecentTokens implements Authenticator {
  static final Duration MEMORY = Duration.ofSeconds(30);
  static final int MOST = 10_000;

  private final Authenticator authenticator;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<String, Accepted> accepted = new ConcurrentHashMap<>();

  private record Accepted(Caller caller, long at) {}

  /**
   * @param authenticator asked about tokens that are not remembered
   * @param nanoTime nanoseconds on a clock that only runs forward, as {@link System#nanoTime()}
   */
  RecentTokens(Authenticator authenticator, LongSupplier nanoTime) {
    this.authenticator = authenticator;
    this.nanoTime = nanoTime;
  }

  @Override
  public Optional<Caller> authenticate(String token) {
    long now = nanoTime.getAsLong();
    Accepted recent = accepted.get(token);
    if (recent != null && !isOld(recent, now)) {
      return Optional.of(recent.caller());
    }
    if (accepted.size() >= MOST) {
      accepted.values().removeIf(old -> isOld(old, now));
    }
    if (accepted.size() >= MOST) {
      return authenticator.authenticate(token);
    }
    // Of many calls that come at once with one token, one verifies it.
    Accepted present =
        accepted.compute(
            token,
            (_, known) ->
                known != null && !isOld(known, now)
                    ? known
                    : authenticator
                        .authenticate(token)
                        .map(caller -> new Accepted(caller, now))
                        .orElse(null));
    return Optional.ofNullable(present).map(Accepted::caller);
  }

  private static boolean isOld(Accepted one, long now) {
    return now - one.at() >= MEMORY.toNanos();
  }
}
