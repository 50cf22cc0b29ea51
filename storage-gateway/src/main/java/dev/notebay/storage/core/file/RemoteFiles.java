package dev.notebay.storage.core.file;

import dev.notebay.storage.core.volume.StorageException.FilesElsewhere;
import dev.notebay.storage.core.volume.Volume;

/** Files of volumes that this service cannot reach: only sessions mount them. */
public final class RemoteFiles implements VolumeFiles {
  @Override
  public Page list(Volume volume, VolumePath directory, byte[] after, int limit) {
    throw new FilesElsewhere(volume.id());
  }

  @Override
  public FileDescription stat(Volume volume, VolumePath path) {
    throw new FilesElsewhere(volume.id());
  }

  @Override
  public Reader read(Volume volume, VolumePath path, long offset, long limit) {
    throw new FilesElsewhere(volume.id());
  }

  @Override
  public Upload write(Volume volume, VolumePath path, boolean createOnly) {
    throw new FilesElsewhere(volume.id());
  }

  @Override
  public FileDescription createDirectory(Volume volume, VolumePath path, boolean parents) {
    throw new FilesElsewhere(volume.id());
  }

  @Override
  public void delete(Volume volume, VolumePath path) {
    throw new FilesElsewhere(volume.id());
  }
}
