package dev.notebay.storage.core.mount;

import dev.notebay.storage.core.mount.MountRule.Decision;
import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.StorageException.MountFenced;
import dev.notebay.storage.core.volume.StorageException.VolumeInTrash;
import dev.notebay.storage.core.volume.StorageException.VolumeInUse;
import dev.notebay.storage.core.volume.StorageException.VolumeNotFound;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeTree;
import dev.notebay.storage.core.volume.Volumes;
import java.time.InstantSource;

/** Gives volumes to sessions and takes them back. Doing either twice is doing it once. */
public final class Mounts {
  private final Volumes volumes;
  private final MountStore store;
  private final VolumeTree tree;
  private final InstantSource clock;

  public Mounts(Volumes volumes, MountStore store, VolumeTree tree, InstantSource clock) {
    this.volumes = volumes;
    this.store = store;
    this.tree = tree;
    this.clock = clock;
  }

  /** Who wants which volume. */
  public record Wanted(
      Owner owner, VolumeId id, SessionId session, int attempt, String node, boolean create) {}

  /** A mount, and by what its node finds the volume: a directory there, or a claim. */
  public record Given(Mount mount, String hostPath) {}

  public Given mount(Wanted wanted) {
    Volume volume =
        wanted.create()
            ? volumes.getOrCreate(wanted.owner(), wanted.id())
            : volumes.getActive(wanted.owner(), wanted.id());
    tree.ensure(volume);
    var mount = new Mount(wanted.session(), wanted.attempt(), wanted.node(), clock.instant());
    Decision decision =
        store.mount(volume.uid(), mount).orElseThrow(() -> new VolumeNotFound(wanted.id()));
    return switch (decision) {
      case Decision.Granted(var granted) -> new Given(granted, tree.offer(volume, wanted.node()));
      case Decision.Fenced(var oldestAllowed) ->
          throw new MountFenced(wanted.session(), wanted.attempt(), oldestAllowed);
      case Decision.HeldBy(var holder) -> throw new VolumeInUse(wanted.id(), holder);
      case Decision.InTrash _ -> throw new VolumeInTrash(wanted.id());
    };
  }

  /** Ends the session's mounts up to an attempt for good; returns how many there were. */
  public int unmount(SessionId session, int upTo) {
    return store.unmount(session, upTo);
  }
}
