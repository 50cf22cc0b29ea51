package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.volume.StorageException.ClaimUnusable;
import dev.notebay.storage.core.volume.StorageException.EtagMismatch;
import dev.notebay.storage.core.volume.StorageException.NotPermitted;
import dev.notebay.storage.core.volume.StorageException.RequestIdReused;
import dev.notebay.storage.core.volume.StorageException.TooManyVolumes;
import dev.notebay.storage.core.volume.StorageException.TooManyWriters;
import dev.notebay.storage.core.volume.StorageException.VolumeExists;
import dev.notebay.storage.core.volume.StorageException.VolumeInTrash;
import dev.notebay.storage.core.volume.StorageException.VolumeNotFound;
import dev.notebay.storage.core.volume.StorageException.VolumeNotInTrash;
import dev.notebay.storage.core.volume.VolumeLife.Active;
import dev.notebay.storage.core.volume.VolumeLife.Deleted;
import dev.notebay.storage.core.volume.VolumeStore.Inserted;
import dev.notebay.storage.core.volume.VolumeStore.Request;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What owners do with their volumes. Somebody else's volume is one that does not exist. */
public final class Volumes {
  private static final int TRIES = 5;

  private final VolumeStore store;
  private final VolumeTree tree;
  private final VolumePolicy policy;
  private final InstantSource clock;
  private final Supplier<VolumeUid> newUid;

  public Volumes(
      VolumeStore store,
      VolumeTree tree,
      VolumePolicy policy,
      InstantSource clock,
      Supplier<VolumeUid> newUid) {
    this.store = store;
    this.tree = tree;
    this.policy = policy;
    this.clock = clock;
    this.newUid = newUid;
  }

  /** What a volume shall be. */
  public record Wanted(
      Owner owner, VolumeId id, String displayName, AccessMode accessMode, Quota quota) {}

  /**
   * Makes a volume. The same {@code request} again gives what it made then.
   *
   * @param privileged whether the caller may go beyond the installation's default quota
   */
  public VolumeView create(Wanted wanted, Optional<Request> request, boolean privileged) {
    requireAllowed(wanted.quota(), privileged);
    Volume volume = newVolume(wanted);
    return switch (store.insert(volume, request, policy.maximumVolumes())) {
      case Inserted.Made _ -> {
        place(volume);
        yield new VolumeView(volume, Optional.empty(), List.of());
      }
      case Inserted.Before(var made) -> {
        tree.ensure(made);
        yield store
            .find(made.owner(), made.id())
            .filter(view -> view.volume().uid().equals(made.uid()))
            .orElseGet(() -> new VolumeView(made, Optional.empty(), List.of()));
      }
      case Inserted.OtherRequest _ -> throw new RequestIdReused(request.orElseThrow().id());
      case Inserted.Exists(var there) ->
          throw new VolumeExists(wanted.id(), there.life() instanceof Deleted);
      case Inserted.TooMany _ -> throw new TooManyVolumes(policy.maximumVolumes());
    };
  }

  /** For a volume that was just made: where its place is refused for good, it never was. */
  private void place(Volume made) {
    try {
      tree.ensure(made);
    } catch (ClaimUnusable refused) {
      try {
        made.withdrawn(clock.instant()).ifPresent(store::replaceUnmounted);
      } catch (StorageException stays) {
        refused.addSuppressed(stays);
      }
      throw refused;
    }
  }

  /** What {@link #create} would make; nothing is changed. */
  public VolumeView check(Wanted wanted, boolean privileged) {
    requireAllowed(wanted.quota(), privileged);
    store
        .find(wanted.owner(), wanted.id())
        .ifPresent(
            there -> {
              throw new VolumeExists(wanted.id(), there.volume().life() instanceof Deleted);
            });
    int enough = policy.maximumVolumes();
    if (store.list(wanted.owner(), Optional.empty(), true, enough).size() >= enough) {
      throw new TooManyVolumes(enough);
    }
    return new VolumeView(newVolume(wanted), Optional.empty(), List.of());
  }

  /** The owner's volume, in the trash or not. */
  public VolumeView get(Owner owner, VolumeId id) {
    return store.find(owner, id).orElseThrow(() -> new VolumeNotFound(id));
  }

  /** The owner's volume, for work on its files. */
  public Volume getActive(Owner owner, VolumeId id) {
    Volume volume = get(owner, id).volume();
    if (volume.life() instanceof Active) {
      return volume;
    }
    throw new VolumeInTrash(id);
  }

  /** For a session that needs the volume now: makes it if the owner has none of this id. */
  public Volume getOrCreate(Owner owner, VolumeId id) {
    Optional<VolumeView> there = store.find(owner, id);
    if (there.isEmpty()) {
      var wanted = new Wanted(owner, id, "", AccessMode.MULTI_WRITER, Quota.INSTALLATION_DEFAULT);
      Volume volume = newVolume(wanted);
      switch (store.insert(volume, Optional.empty(), policy.maximumVolumes())) {
        case Inserted.Made _ -> {
          place(volume);
          return volume;
        }
        case Inserted.TooMany _ -> throw new TooManyVolumes(policy.maximumVolumes());
        // Somebody else was faster; the volume is there now.
        case Inserted.Exists _, Inserted.Before _, Inserted.OtherRequest _ -> {}
      }
    }
    return getActive(owner, id);
  }

  public List<VolumeView> list(
      Owner owner, Optional<VolumeId> after, boolean withDeleted, int limit) {
    return store.list(owner, after, withDeleted, limit);
  }

  /** Changes what is present. */
  public VolumeView update(
      Owner owner,
      VolumeId id,
      String etag,
      Optional<String> displayName,
      Optional<Quota> quota,
      boolean privileged) {
    if (quota.isPresent() && !privileged) {
      throw new NotPermitted("changing quota_bytes", "role service or admin");
    }
    Instant now = clock.instant();
    VolumeView updated =
        change(
            owner,
            id,
            etag,
            volume -> {
              if (!(volume.life() instanceof Active)) {
                throw new VolumeInTrash(id);
              }
              return volume.with(
                  displayName.orElse(volume.displayName()), quota.orElse(volume.quota()), now);
            },
            store::replace);
    if (quota.isPresent()) {
      tree.grow(updated.volume());
    }
    return updated;
  }

  /** Puts the volume into the trash; one that is there stays there as it is. */
  public VolumeView delete(Owner owner, VolumeId id, String etag) {
    Instant now = clock.instant();
    return change(
        owner,
        id,
        etag,
        volume -> volume.deleted(now, policy.trashRetention()).orElse(volume),
        store::replaceUnmounted);
  }

  /** Takes the volume out of the trash. */
  public VolumeView undelete(Owner owner, VolumeId id) {
    Instant now = clock.instant();
    return change(
        owner,
        id,
        "",
        volume ->
            switch (volume.life()) {
              case Active _ -> throw new VolumeNotInTrash(id);
              case Deleted _, VolumeLife.Purging _ ->
                  volume.restored(now).orElseThrow(() -> new VolumeNotFound(id));
            },
        store::replace);
  }

  /** Reads, changes, and writes if nobody was faster; else all of it again. */
  private VolumeView change(
      Owner owner, VolumeId id, String etag, UnaryOperator<Volume> step, Predicate<Volume> write) {
    for (int tried = 0; tried < TRIES; tried++) {
      VolumeView before = get(owner, id);
      if (!etag.isEmpty() && !etag.equals(before.volume().etag())) {
        throw new EtagMismatch(id);
      }
      Volume next = step.apply(before.volume());
      if (next.equals(before.volume())) {
        return before;
      }
      if (write.test(next)) {
        return new VolumeView(next, before.usage(), before.mounts());
      }
    }
    throw new TooManyWriters(id);
  }

  private void requireAllowed(Quota quota, boolean privileged) {
    if (!privileged && quota.bytes() > policy.defaultQuota().bytes()) {
      throw new NotPermitted(
          "a quota_bytes above " + policy.defaultQuota().bytes(), "role service or admin");
    }
  }

  private Volume newVolume(Wanted wanted) {
    Instant now = clock.instant();
    return new Volume(
        newUid.get(),
        wanted.owner(),
        wanted.id(),
        wanted.displayName(),
        wanted.accessMode(),
        wanted.quota(),
        new Active(),
        now,
        now,
        1);
  }
}
