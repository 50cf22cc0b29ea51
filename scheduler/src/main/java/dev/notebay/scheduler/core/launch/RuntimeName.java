package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.SessionId;
import java.util.Optional;

/**
 * Names the runtime of one attempt of one session; every effect carries it, so doing it twice is
 * doing it once.
 */
public record RuntimeName(SessionId session, int attempt) implements Comparable<RuntimeName> {
  private static final String PREFIX = "s";
  private static final int ID_LENGTH = 36;

  public RuntimeName {
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt: " + attempt + " (expected: >= 1)");
    }
  }

  /** Reads what {@link #toString()} writes, and nothing else. */
  public static Optional<RuntimeName> parse(String text) {
    if (!text.startsWith(PREFIX) || text.length() < PREFIX.length() + ID_LENGTH + 2) {
      return Optional.empty();
    }
    String attempt = text.substring(PREFIX.length() + ID_LENGTH + 1);
    if (!attempt.matches("[1-9][0-9]{0,8}")) {
      return Optional.empty();
    }
    return SessionId.parse(text.substring(PREFIX.length(), PREFIX.length() + ID_LENGTH))
        .map(id -> new RuntimeName(id, Integer.parseInt(attempt)))
        .filter(name -> name.toString().equals(text));
  }

  @Override
  public int compareTo(RuntimeName other) {
    int bySession = session.compareTo(other.session);
    return bySession != 0 ? bySession : Integer.compare(attempt, other.attempt);
  }

  /** {@code s<session>-<attempt>}, fit for a file or a Kubernetes object. */
  @Override
  public String toString() {
    return PREFIX + session + "-" + attempt;
  }
}
