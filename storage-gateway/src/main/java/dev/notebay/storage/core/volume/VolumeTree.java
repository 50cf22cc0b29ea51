package dev.notebay.storage.core.volume;

/**
 * The directories that hold volumes' files. Methods throw {@link StorageException.DiskUnavailable}
 * or {@link StorageException.DiskFull} where the file system refuses.
 */
public interface VolumeTree {
  /** Makes the volume's directory; one that is there stays as it is. */
  void ensure(VolumeUid uid);

  /** Where the volume's directory is on this machine. */
  String hostPath(VolumeUid uid);

  /** Removes the volume's directory with all in it, following no link. Nothing there is fine. */
  void remove(VolumeUid uid);

  /** What the volume holds. */
  Size measure(VolumeUid uid);

  /** Bytes and number of files. */
  record Size(long bytes, long files) {}
}
