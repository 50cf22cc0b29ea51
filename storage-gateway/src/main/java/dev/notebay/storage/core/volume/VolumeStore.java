package dev.notebay.storage.core.volume;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where volumes are kept. Every implementation passes {@code VolumeStoreContract}. All methods are
 * atomic and may throw {@link StorageException.DatabaseUnavailable}.
 */
public interface VolumeStore {
  /** How an {@link #insert} ended. */
  sealed interface Inserted {
    /** The volume is in the store. */
    record Made() implements Inserted {}

    /** The same request came before and made this. */
    record Before(Volume volume) implements Inserted {}

    /** The request id was used for something else. */
    record OtherRequest() implements Inserted {}

    /** The owner has an active or deleted volume of this id. */
    record Exists(Volume volume) implements Inserted {}

    /** The owner has as many volumes as allowed. */
    record TooMany() implements Inserted {}
  }

  /** A request that made a volume: its id, and a digest of all that it asked. */
  record Request(RequestId id, String digest) {}

  /**
   * Adds {@code volume}, looking at {@code request} first, then at its id, then at the number of
   * the owner's volumes. A request whose volume is purging counts as one that never came.
   */
  Inserted insert(Volume volume, Optional<Request> request, int maximumOfOwner);

  /** The owner's active or deleted volume of this id. */
  Optional<VolumeView> find(Owner owner, VolumeId id);

  /** The owner's active (and deleted) volumes after {@code after}, by id. */
  List<VolumeView> list(Owner owner, Optional<VolumeId> after, boolean withDeleted, int limit);

  /**
   * Writes {@code next} over the version just before it.
   *
   * @return false if somebody else has changed the volume since; nothing was written
   */
  boolean replace(Volume next);

  /**
   * Like {@link #replace}, but throws {@link StorageException.VolumeMounted} where a session has
   * the volume: no mount can slip in between.
   */
  boolean replaceUnmounted(Volume next);

  /** Deleted volumes whose time in the trash is over at {@code now}, longest over first. */
  List<Volume> expired(Instant now, int limit);

  /** Volumes whose files are being removed. */
  List<Volume> purging(int limit);

  /** Forgets a volume whose files are gone. One that is not purging stays. */
  void forget(VolumeUid uid);

  /** Keeps what {@code uid} was measured to hold, unless something newer is known. */
  void measured(VolumeUid uid, Usage usage);

  /**
   * Active volumes that are mounted and not measured since {@code mounted}, or not measured since
   * {@code others}; longest ago first.
   */
  List<Volume> notMeasuredSince(Instant mounted, Instant others, int limit);

  /** Everything together, for operators. */
  Totals totals();

  /** Sums over all volumes; a volume without a quota of its own is in {@code defaultQuotas}. */
  record Totals(
      long active,
      long deleted,
      long purging,
      long mounts,
      long usedBytes,
      long quotaBytes,
      long defaultQuotas) {}
}
