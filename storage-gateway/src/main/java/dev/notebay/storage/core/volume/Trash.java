package dev.notebay.storage.core.volume;

import java.time.Instant;

/**
 * Empties the trash.
 *
 * <ol>
 *   <li>A deleted volume whose time is over becomes purging, by compare-and-set: from here on it
 *       cannot be restored.
 *   <li>The files of every purging volume are removed, then the volume is forgotten.
 * </ol>
 *
 * <p>Dying between two steps costs nothing: the next run goes on from what the store says. A volume
 * whose files cannot be removed stays purging and does not keep others from being emptied.
 */
public final class Trash {
  private static final System.Logger LOG = System.getLogger(Trash.class.getName());
  private static final int BATCH = 100;

  private final VolumeStore store;
  private final VolumeTree tree;

  public Trash(VolumeStore store, VolumeTree tree) {
    this.store = store;
    this.tree = tree;
  }

  /** One round at {@code now}; returns how many volumes were forgotten. */
  public int runOnce(Instant now) {
    for (Volume volume : store.expired(now, BATCH)) {
      volume.expired(now).ifPresent(store::replace);
    }
    int forgotten = 0;
    for (Volume volume : store.purging(BATCH)) {
      try {
        if (tree.remove(volume.uid())) {
          store.forget(volume.uid());
          forgotten++;
        }
      } catch (StorageException.DiskUnavailable
          | StorageException.FileNotAllowed
          | StorageException.ClusterUnavailable
          | StorageException.ClaimUnusable failure) {
        LOG.log(
            System.Logger.Level.WARNING,
            "trash not emptied volume=" + volume.uid() + " cause=" + failure.getMessage());
      }
    }
    return forgotten;
  }
}
