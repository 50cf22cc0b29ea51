package dev.notebay.storage.core.file;

import dev.notebay.storage.core.volume.Meter;
import dev.notebay.storage.core.volume.StorageException.FileNotFound;
import dev.notebay.storage.core.volume.Volume;
import java.nio.ByteBuffer;

/** Files whose volumes keep within their quotas, and whose bytes are counted. */
public final class MeteredFiles implements VolumeFiles {
  private final VolumeFiles files;
  private final Meter meter;
  private final Traffic traffic;

  public MeteredFiles(VolumeFiles files, Meter meter, Traffic traffic) {
    this.files = files;
    this.meter = meter;
    this.traffic = traffic;
  }

  @Override
  public Page list(Volume volume, VolumePath directory, byte[] after, int limit) {
    return files.list(volume, directory, after, limit);
  }

  @Override
  public FileDescription stat(Volume volume, VolumePath path) {
    return files.stat(volume, path);
  }

  @Override
  public Reader read(Volume volume, VolumePath path, long offset, long limit) {
    Reader reader = files.read(volume, path, offset, limit);
    return new Reader() {
      @Override
      public ByteBuffer next(int maximum) {
        ByteBuffer data = reader.next(maximum);
        traffic.read(data.remaining());
        return data;
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  @Override
  public Upload write(Volume volume, VolumePath path, boolean createOnly) {
    return new MeteredUpload(volume, path, files.write(volume, path, createOnly));
  }

  @Override
  public FileDescription createDirectory(Volume volume, VolumePath path, boolean parents) {
    return files.createDirectory(volume, path, parents);
  }

  @Override
  public void delete(Volume volume, VolumePath path) {
    long bytes = sizeOf(volume, path);
    files.delete(volume, path);
    meter.written(volume, 0, bytes);
  }

  private long sizeOf(Volume volume, VolumePath path) {
    try {
      return files.stat(volume, path).sizeBytes();
    } catch (FileNotFound nothing) {
      return 0;
    }
  }

  private final class MeteredUpload implements Upload {
    private final Volume volume;
    private final VolumePath path;
    private final Upload upload;
    private long reserved;

    MeteredUpload(Volume volume, VolumePath path, Upload upload) {
      this.volume = volume;
      this.path = path;
      this.upload = upload;
    }

    @Override
    public void append(ByteBuffer data) {
      long bytes = data.remaining();
      meter.reserve(volume, bytes);
      reserved += bytes;
      upload.append(data);
      traffic.written(bytes);
    }

    @Override
    public FileDescription commit() {
      long replaced = sizeOf(volume, path);
      FileDescription file = upload.commit();
      meter.written(volume, reserved, replaced);
      reserved = 0;
      return file;
    }

    @Override
    public void close() {
      upload.close();
      if (reserved > 0) {
        meter.release(volume, reserved);
        reserved = 0;
      }
    }
  }
}
