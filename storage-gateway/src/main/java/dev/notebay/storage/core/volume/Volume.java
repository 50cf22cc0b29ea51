package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.volume.VolumeLife.Active;
import dev.notebay.storage.core.volume.VolumeLife.Deleted;
import dev.notebay.storage.core.volume.VolumeLife.Purging;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A person's persistent files. {@code version} rises by one with every change: of two writers that
 * read the same version one wins.
 *
 * @param uid names its directory; never reused
 */
public record Volume(
    VolumeUid uid,
    Owner owner,
    VolumeId id,
    String displayName,
    AccessMode accessMode,
    Quota quota,
    VolumeLife life,
    Instant createdAt,
    Instant updatedAt,
    long version) {
  /** The longest text that {@link #displayName} may be. */
  public static final int MAXIMUM_DISPLAY_NAME = 100;

  public Volume {
    if (displayName.length() > MAXIMUM_DISPLAY_NAME) {
      throw new IllegalArgumentException(
          "display name: " + displayName.length() + " characters (expected: <= 100)");
    }
    if (version < 1) {
      throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
    }
  }

  /** This very version of this very volume, as text. */
  public String etag() {
    return uid.toString().substring(0, 8) + "-" + Long.toString(version, 36);
  }

  public Volume with(String newDisplayName, Quota newQuota, Instant at) {
    return new Volume(
        uid, owner, id, newDisplayName, accessMode, newQuota, life, createdAt, at, version + 1);
  }

  /** In the trash; empty where it is not active. */
  public Optional<Volume> deleted(Instant at, Duration retention) {
    return switch (life) {
      case Active _ -> Optional.of(living(new Deleted(at, at.plus(retention)), at));
      case Deleted _, Purging _ -> Optional.empty();
    };
  }

  /** Out of the trash; empty where it is not in it, or its time is over. */
  public Optional<Volume> restored(Instant at) {
    return switch (life) {
      case Deleted(_, var expiresAt) when at.isBefore(expiresAt) ->
          Optional.of(living(new Active(), at));
      case Active _, Deleted _, Purging _ -> Optional.empty();
    };
  }

  /** Past its time in the trash; empty where that has not come. */
  public Optional<Volume> expired(Instant at) {
    return switch (life) {
      case Deleted(_, var expiresAt) when !at.isBefore(expiresAt) ->
          Optional.of(living(new Purging(at), at));
      case Active _, Deleted _, Purging _ -> Optional.empty();
    };
  }

  /** As if it had never been made; empty where it is not active. */
  public Optional<Volume> withdrawn(Instant at) {
    return switch (life) {
      case Active _ -> Optional.of(living(new Purging(at), at));
      case Deleted _, Purging _ -> Optional.empty();
    };
  }

  private Volume living(VolumeLife next, Instant at) {
    return new Volume(
        uid, owner, id, displayName, accessMode, quota, next, createdAt, at, version + 1);
  }
}
