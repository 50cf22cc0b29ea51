package dev.notebay.storage.files;

import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeSizes;
import dev.notebay.storage.core.volume.VolumeTree;
import dev.notebay.storage.core.volume.VolumeUid;
import java.nio.file.Path;
import java.time.Instant;

/** One directory per volume beneath one directory of this machine, named by the volume's uid. */
public final class LocalTree implements VolumeTree, VolumeSizes {
  private static final int OWNER_ONLY = 0700;

  private final Path base;
  private final byte[] baseName;
  private final DiskThreads disk;
  private final Instant started;

  /**
   * @param started when this process did: uploads not written since are nobody's any more
   */
  public LocalTree(Path base, DiskThreads disk, Instant started) {
    this.started = started;
    this.base = base.toAbsolutePath();
    this.baseName = Beneath.bytes(this.base.toString());
    this.disk = disk;
  }

  @Override
  public void ensure(Volume volume) {
    disk.run(
        volume.uid().toString(),
        () -> {
          root(volume.uid()).close();
          return volume;
        });
  }

  /** All volumes share what the disk has; only this service's own writing is held to quotas. */
  @Override
  public void grow(Volume volume) {}

  @Override
  public String offer(Volume volume, String node) {
    return base.resolve(volume.uid().toString()).toString();
  }

  @Override
  public boolean remove(VolumeUid uid) {
    try (Descriptor directory = base()) {
      Removal.of(directory, name(uid));
      return true;
    } catch (Errno failure) {
      throw Problems.of(failure, uid.toString());
    }
  }

  @Override
  public Size measure(VolumeUid uid) {
    try (Descriptor root = root(uid)) {
      return Measurement.of(root, started);
    } catch (Errno failure) {
      throw Problems.of(failure, uid.toString());
    }
  }

  /** Whether volumes can be made: says what is in the way, or nothing. */
  public void check() {
    byte[] probe = Beneath.bytes(".notebay-write-check");
    disk.run(
        base.toString(),
        () -> {
          try (Descriptor directory = base()) {
            Linux.openat(
                    directory.number(),
                    probe,
                    Linux.O_WRONLY | Linux.O_CREAT | Linux.O_NOFOLLOW,
                    0600)
                .close();
            Linux.unlinkat(directory.number(), probe, 0);
            return probe;
          }
        });
  }

  /** A handle to the volume's directory, which is made if it is not there. */
  Descriptor root(VolumeUid uid) throws Errno {
    byte[] name = name(uid);
    int flags = Linux.O_PATH | Linux.O_DIRECTORY | Linux.O_NOFOLLOW;
    try (Descriptor directory = base()) {
      try {
        return Linux.openat(directory.number(), name, flags, 0);
      } catch (Errno failure) {
        if (failure.code() != Errno.ENOENT) {
          throw failure;
        }
      }
      make(directory, name);
      return Linux.openat(directory.number(), name, flags, 0);
    }
  }

  private static void make(Descriptor directory, byte[] name) throws Errno {
    try {
      Linux.mkdirat(directory.number(), name, OWNER_ONLY);
    } catch (Errno failure) {
      if (failure.code() != Errno.EEXIST) {
        throw failure;
      }
    }
  }

  private Descriptor base() {
    try {
      return Linux.openat(Linux.AT_FDCWD, baseName, Linux.O_PATH | Linux.O_DIRECTORY, 0);
    } catch (Errno failure) {
      throw new DiskUnavailable(base + " cannot be opened (" + failure.getMessage() + ")", failure);
    }
  }

  private static byte[] name(VolumeUid uid) {
    return Beneath.bytes(uid.toString());
  }
}
