package dev.notebay.storage.core.volume;

/** Knows what volumes hold; throws {@link StorageException.DiskUnavailable} where it cannot. */
public interface VolumeSizes {
  /** What the volume holds. */
  Size measure(VolumeUid uid);

  /** Bytes and number of files. */
  record Size(long bytes, long files) {}
}
