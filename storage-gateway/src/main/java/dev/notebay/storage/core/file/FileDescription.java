package dev.notebay.storage.core.file;

import java.time.Instant;

/**
 * One entry of a volume.
 *
 * @param path relative to the volume's root; a name on disk that is not UTF-8 shows U+FFFD
 */
public record FileDescription(String path, Type type, long sizeBytes, Instant modifiedAt) {
  /** What an entry is. */
  public enum Type {
    FILE,
    DIRECTORY,
    SYMLINK,
    /** A FIFO, socket or device: listed, never opened. */
    OTHER
  }
}
