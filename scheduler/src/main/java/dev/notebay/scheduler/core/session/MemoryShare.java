package dev.notebay.scheduler.core.session;

/**
 * What a share of a device has of its GPU memory.
 *
 * @param bytes that are the session's
 * @param ofBytes that the device has; at least as many
 */
public record MemoryShare(long bytes, long ofBytes) {
  public MemoryShare {
    if (bytes < 0 || bytes > ofBytes) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: 0 to " + ofBytes + ")");
    }
  }
}
