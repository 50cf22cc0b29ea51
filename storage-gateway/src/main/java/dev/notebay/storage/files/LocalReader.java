package dev.notebay.storage.files;

import dev.notebay.storage.core.file.VolumeFiles.Reader;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An open regular file. Its descriptor is used and closed under one lock, so never reused amid. */
final class LocalReader implements Reader {
  private final DiskThreads disk;
  private final VolumePath path;
  private final Descriptor file;
  private final long size;
  private long at;
  private long left;
  private @Nullable MemorySegment buffer;
  private boolean closed;

  LocalReader(
      DiskThreads disk, VolumePath path, Descriptor file, long size, long offset, long limit) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.size = size;
    this.at = offset;
    this.left = limit == 0 ? Long.MAX_VALUE : limit;
  }

  @Override
  public ByteBuffer next(int maximum) {
    return disk.run(path.toString(), () -> read(maximum));
  }

  private synchronized ByteBuffer read(int maximum) throws Errno {
    if (closed) {
      throw new DiskUnavailable("closed", null);
    }
    if (left == 0) {
      return ByteBuffer.allocate(0);
    }
    MemorySegment into = buffer;
    if (into == null) {
      // Small files need small buffers; one byte more, to see a file that grows.
      long expected = Math.max(1, Math.min(maximum, Math.max(0, size - at) + 1));
      into = Arena.ofAuto().allocate(expected);
      buffer = into;
    }
    long wanted = Math.min(into.byteSize(), left);
    long got = Linux.pread(file.number(), into.asSlice(0, wanted), at);
    at += got;
    left -= got;
    return into.asSlice(0, got).asByteBuffer();
  }

  @Override
  public void close() {
    disk.later(this::closeNow);
  }

  private synchronized void closeNow() {
    if (!closed) {
      closed = true;
      file.close();
    }
  }
}
