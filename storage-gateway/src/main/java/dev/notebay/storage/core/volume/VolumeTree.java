package dev.notebay.storage.core.volume;

/**
 * Where volumes are: directories of one machine, or claims of a cluster. Methods throw {@link
 * StorageException.DiskUnavailable}, {@link StorageException.DiskFull}, {@link
 * StorageException.ClusterUnavailable} or {@link StorageException.ClaimUnusable} where what is
 * beneath refuses.
 */
public interface VolumeTree {
  /** Makes the volume's place; one that is there stays as it is, and may become larger. */
  void ensure(Volume volume);

  /** Makes room for all of the volume's quota, which has changed; a smaller one changes nothing. */
  void grow(Volume volume);

  /**
   * Says by what a runtime on {@code node} finds the volume: a path there, or {@code claim:} and
   * the name of a claim. {@link #ensure} came before.
   */
  String offer(Volume volume, String node);

  /**
   * Removes the volume's place with all in it, following no link.
   *
   * @return whether nothing is left; false where that is under way, and to be asked for again
   */
  boolean remove(VolumeUid uid);
}
