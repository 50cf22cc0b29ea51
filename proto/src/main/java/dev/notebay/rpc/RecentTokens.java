package dev.notebay.rpc;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Remembers for a few seconds whose tokens were accepted, because a signature costs more to verify
 * than most calls cost to serve. A token that has run out, or whose key is trusted no more, is
 * accepted for that long at most; what is not accepted is asked about every time.
 */
final class RecentTokens implements Authenticator {
  static final Duration MEMORY = Duration.ofSeconds(5);
  static final int MOST = 10_000;

  private final Authenticator authenticator;
  private final LongSupplier nanoTime;
  private final Map<String, Accepted> accepted = new ConcurrentHashMap<>();

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
    if (recent != null && now - recent.at() < MEMORY.toNanos()) {
      return Optional.of(recent.caller());
    }
    Optional<Caller> caller = authenticator.authenticate(token);
    if (caller.isEmpty()) {
      accepted.remove(token);
      return caller;
    }
    if (accepted.size() >= MOST) {
      accepted.values().removeIf(old -> now - old.at() >= MEMORY.toNanos());
    }
    if (accepted.size() < MOST) {
      accepted.put(token, new Accepted(caller.get(), now));
    }
    return caller;
  }
}
