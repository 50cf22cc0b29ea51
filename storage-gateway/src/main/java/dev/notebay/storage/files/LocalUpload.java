package dev.notebay.storage.files;

import dev.notebay.storage.core.file.FileDescription;
import dev.notebay.storage.core.file.VolumeFiles.Upload;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import dev.notebay.storage.core.volume.StorageException.FileExists;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * A file in the making: written under a temporary name in its own directory, made durable, then
 * renamed. Its descriptors are used and closed under one lock, so never reused amid.
 */
final class LocalUpload implements Upload {
  private static final String PREFIX = ".notebay-upload-";
  private static final byte[] TEMPORARY = Beneath.bytes(PREFIX);
  private static final int FILE_MODE = 0644;
  private static final int PERMISSIONS = 0777;

  private final DiskThreads disk;
  private final VolumePath path;
  private final boolean createOnly;
  private final Descriptor directory;
  private final byte[] temporary;
  private final Descriptor file;
  private boolean renamed;
  private boolean closed;

  private LocalUpload(
      DiskThreads disk,
      VolumePath path,
      boolean createOnly,
      Descriptor directory,
      byte[] temporary,
      Descriptor file) {
    this.disk = disk;
    this.path = path;
    this.createOnly = createOnly;
    this.directory = directory;
    this.temporary = temporary;
    this.file = file;
  }

  /**
   * @param directory a handle to the directory; closed with the upload, or if it fails to begin
   */
  static LocalUpload begin(
      DiskThreads disk, Descriptor directory, VolumePath path, boolean createOnly) throws Errno {
    try {
      Optional<Linux.Stat> there = replaced(directory, path);
      if (there.isPresent()) {
        if (createOnly) {
          throw new FileExists(path.toString());
        }
        LocalFiles.requireFile(path, there.get());
      }
      byte[] temporary = Beneath.bytes(PREFIX + UUID.randomUUID());
      Descriptor file =
          Linux.openat(
              directory.number(),
              temporary,
              Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL | Linux.O_NOFOLLOW,
              FILE_MODE);
      return new LocalUpload(disk, path, createOnly, directory, temporary, file);
    } catch (Errno | RuntimeException failure) {
      directory.close();
      throw failure;
    }
  }

  private static Optional<Linux.Stat> replaced(Descriptor directory, VolumePath path) throws Errno {
    try {
      return Optional.of(Linux.lstatat(directory.number(), Beneath.bytes(path.name())));
    } catch (Errno failure) {
      if (failure.code() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  /** Whether {@code name} is that of an upload under way, or of one that a crash left behind. */
  static boolean isTemporary(byte[] name) {
    return name.length == TEMPORARY.length + 36
        && Arrays.equals(name, 0, TEMPORARY.length, TEMPORARY, 0, TEMPORARY.length);
  }

  @Override
  public void append(ByteBuffer data) {
    disk.run(
        path.toString(),
        () -> {
          synchronized (this) {
            requireOpen();
            Linux.write(file.number(), data);
            return path;
          }
        });
  }

  @Override
  public FileDescription commit() {
    return disk.run(path.toString(), this::commitNow);
  }

  private synchronized FileDescription commitNow() throws Errno {
    requireOpen();
    Optional<Linux.Stat> there = replaced(directory, path);
    if (there.isPresent() && there.get().isFile()) {
      Linux.fchmod(file.number(), there.get().mode() & PERMISSIONS);
    }
    Linux.fsync(file.number());
    rename(Beneath.bytes(path.name()));
    renamed = true;
    try (Descriptor listing = Beneath.reopen(directory)) {
      Linux.fsync(listing.number());
    }
    return LocalFiles.describe(path.toString(), Linux.fstat(file.number()));
  }

  private void rename(byte[] name) throws Errno {
    int at = directory.number();
    if (!createOnly) {
      Linux.renameat2(at, temporary, at, name, 0);
      return;
    }
    try {
      Linux.renameat2(at, temporary, at, name, Linux.RENAME_NOREPLACE);
    } catch (Errno failure) {
      if (failure.code() != Errno.EINVAL && failure.code() != Errno.ENOSYS) {
        throw failure;
      }
      // Network file systems: a second name is as exclusive, and then the first one goes.
      Linux.linkat(at, temporary, name);
      Linux.unlinkat(at, temporary, 0);
    }
  }

  private void requireOpen() {
    if (closed || renamed) {
      throw new DiskUnavailable("closed", null);
    }
  }

  @Override
  public void close() {
    disk.later(this::closeNow);
  }

  private synchronized void closeNow() {
    if (closed) {
      return;
    }
    closed = true;
    try (directory;
        file) {
      if (!renamed) {
        Linux.unlinkat(directory.number(), temporary, 0);
      }
    } catch (Errno failure) {
      if (failure.code() != Errno.ENOENT) {
        System.getLogger(LocalUpload.class.getName())
            .log(
                System.Logger.Level.WARNING,
                "a temporary file stays behind cause=" + failure.getMessage());
      }
    }
  }
}
