package dev.notebay.scheduler.core.session;

import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Names one session for ever. */
public record SessionId(UUID value) implements Comparable<SessionId> {
  private static final int LENGTH = 36;

  /** Reads a UUID in its canonical form of 36 characters, and nothing else. */
  public static Optional<SessionId> parse(String text) {
    if (text.length() != LENGTH) {
      return Optional.empty();
    }
    try {
      UUID value = UUID.fromString(text);
      // UUID.fromString also takes shortened groups; only the canonical form names a session.
      return value.toString().equals(text.toLowerCase(Locale.ROOT))
          ? Optional.of(new SessionId(value))
          : Optional.empty();
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(SessionId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
