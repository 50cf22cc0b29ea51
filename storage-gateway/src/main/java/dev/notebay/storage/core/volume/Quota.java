package dev.notebay.storage.core.volume;

/**
 * How much a volume may hold.
 *
 * @param bytes 0 means the installation's default
 */
public record Quota(long bytes) {
  public static final Quota INSTALLATION_DEFAULT = new Quota(0);

  public Quota {
    if (bytes < 0) {
      throw new IllegalArgumentException("quota bytes: " + bytes + " (expected: >= 0)");
    }
  }
}
