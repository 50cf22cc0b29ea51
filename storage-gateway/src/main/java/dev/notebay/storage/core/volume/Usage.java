package dev.notebay.storage.core.volume;

import java.time.Instant;

/** What a volume was measured to hold. */
public record Usage(long usedBytes, long fileCount, Instant measuredAt) {
  public Usage {
    if (usedBytes < 0 || fileCount < 0) {
      throw new IllegalArgumentException(
          "usage: " + usedBytes + " bytes, " + fileCount + " files (expected: >= 0)");
    }
  }
}
