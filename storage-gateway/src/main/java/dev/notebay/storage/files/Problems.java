package dev.notebay.storage.files;

import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.StorageException.DiskFull;
import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import dev.notebay.storage.core.volume.StorageException.FileExists;
import dev.notebay.storage.core.volume.StorageException.FileNotAllowed;
import dev.notebay.storage.core.volume.StorageException.FileNotFound;
import dev.notebay.storage.core.volume.StorageException.InvalidField;
import dev.notebay.storage.core.volume.StorageException.WrongFileType;
import dev.notebay.storage.core.volume.StorageException.WrongFileType.Problem;

/** What a failed system call means to whoever named the path. */
final class Problems {
  private Problems() {}

  static StorageException of(Errno failure, String path) {
    return switch (failure.code()) {
      case Errno.ENOENT -> new FileNotFound(path);
      case Errno.EEXIST -> new FileExists(path);
      case Errno.ENOTDIR -> new WrongFileType(path, Problem.NOT_A_DIRECTORY);
      case Errno.EISDIR, Errno.ENXIO -> new WrongFileType(path, Problem.NOT_A_FILE);
      case Errno.ELOOP -> new WrongFileType(path, Problem.PATH_HAS_LINK);
      case Errno.ENOTEMPTY -> new WrongFileType(path, Problem.DIRECTORY_NOT_EMPTY);
      case Errno.ENOSPC, Errno.EDQUOT, Errno.EFBIG, Errno.EMLINK -> new DiskFull();
      case Errno.EACCES, Errno.EPERM, Errno.EROFS, Errno.EXDEV -> new FileNotAllowed(path);
      case Errno.ENAMETOOLONG, Errno.EINVAL ->
          new InvalidField("path", path, "a name that the volumes' file system allows");
      default -> new DiskUnavailable("errno " + failure.code(), failure);
    };
  }
}
