package dev.notebay.storage.files;

import dev.notebay.storage.core.volume.VolumeSizes.Size;
import java.time.Instant;

/**
 * Adds up what is in a directory tree, following no link and leaving no file system. What vanishes
 * meanwhile, and what is deeper than a limit, is not counted. Uploads that nobody can finish any
 * more are removed on the way.
 */
final class Measurement {
  private static final int MAXIMUM_DEPTH = 256;

  private long bytes;
  private long files;

  private final Instant abandonedBefore;

  private Measurement(Instant abandonedBefore) {
    this.abandonedBefore = abandonedBefore;
  }

  /**
   * @param abandonedBefore uploads last written before this are those of a process that was killed
   */
  static Size of(Descriptor root, Instant abandonedBefore) throws Errno {
    var measurement = new Measurement(abandonedBefore);
    Linux.Stat stat = Linux.fstat(root.number());
    try (Descriptor directory = Beneath.reopen(root)) {
      measurement.add(directory, stat, 0);
    }
    return new Size(measurement.bytes, measurement.files);
  }

  private void add(Descriptor directory, Linux.Stat root, int depth) throws Errno {
    Entries.each(
        directory,
        name -> {
          try {
            add(directory, name, root, depth);
          } catch (Errno gone) {
            // Removed, exchanged or closed to us since it was listed: not part of the sum.
            return !Thread.currentThread().isInterrupted();
          }
          return !Thread.currentThread().isInterrupted();
        });
  }

  private void add(Descriptor parent, byte[] name, Linux.Stat root, int depth) throws Errno {
    Linux.Stat stat = Linux.lstatat(parent.number(), name);
    if (!stat.isDirectory()) {
      if (isAbandoned(name, stat) && unlink(parent, name)) {
        return;
      }
      files++;
      bytes += stat.isFile() ? stat.bytesUsed() : 0;
      return;
    }
    boolean sameFileSystem =
        stat.deviceMajor() == root.deviceMajor() && stat.deviceMinor() == root.deviceMinor();
    if (sameFileSystem && depth < MAXIMUM_DEPTH) {
      int flags = Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW;
      try (Descriptor directory = Linux.openat(parent.number(), name, flags, 0)) {
        add(directory, root, depth + 1);
      }
    }
  }

  private boolean isAbandoned(byte[] name, Linux.Stat stat) {
    return stat.isFile()
        && LocalUpload.isTemporary(name)
        && stat.modified().isBefore(abandonedBefore);
  }

  /** What cannot be removed is there, and counts. */
  private static boolean unlink(Descriptor parent, byte[] name) {
    try {
      Linux.unlinkat(parent.number(), name, 0);
      return true;
    } catch (Errno failure) {
      return failure.code() == Errno.ENOENT;
    }
  }
}
