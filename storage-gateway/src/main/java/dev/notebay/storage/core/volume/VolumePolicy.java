package dev.notebay.storage.core.volume;

import java.time.Duration;

/**
 * What this installation allows.
 *
 * @param defaultQuota of volumes without a quota of their own
 * @param maximumVolumes of one owner, the trash included
 * @param trashRetention how long a deleted volume can be restored
 */
public record VolumePolicy(Quota defaultQuota, int maximumVolumes, Duration trashRetention) {
  public VolumePolicy {
    if (defaultQuota.bytes() == 0) {
      throw new IllegalArgumentException("default quota: 0 (expected: > 0)");
    }
    if (maximumVolumes < 1) {
      throw new IllegalArgumentException("maximum volumes: " + maximumVolumes + " (expected: > 0)");
    }
    if (trashRetention.isNegative()) {
      throw new IllegalArgumentException("trash retention: negative (expected: >= 0)");
    }
  }

  /** The quota that holds for a volume. */
  public Quota quotaOf(Volume volume) {
    return volume.quota().bytes() == 0 ? defaultQuota : volume.quota();
  }
}
