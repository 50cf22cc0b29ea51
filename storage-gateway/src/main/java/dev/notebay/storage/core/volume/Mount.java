package dev.notebay.storage.core.volume;

import java.time.Instant;

/** A volume made visible in a session. */
public record Mount(SessionId session, int attempt, String node, Instant since) {
  public Mount {
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt: " + attempt + " (expected: >= 1)");
    }
  }
}
