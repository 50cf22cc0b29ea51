package dev.notebay.storage.core.file;

import dev.notebay.storage.core.volume.Volume;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The files of volumes. Every path is resolved beneath the volume's root; no link is followed,
 * wherever in the path; nothing but regular files and directories is ever opened.
 *
 * <p>Methods throw the {@code StorageException} that says what is in the way.
 */
public interface VolumeFiles {
  /** Names in byte order, after {@code after} (empty for the first page), at most {@code limit}. */
  Page list(Volume volume, VolumePath directory, byte[] after, int limit);

  /** What is at {@code path}; a link at its end is described, not followed. */
  FileDescription stat(Volume volume, VolumePath path);

  /**
   * Opens a regular file for reading.
   *
   * @param limit at most so many bytes; 0 is to the end
   */
  Reader read(Volume volume, VolumePath path, long offset, long limit);

  /** Begins a file that nobody sees before {@link Upload#commit}. */
  Upload write(Volume volume, VolumePath path, boolean createOnly);

  FileDescription createDirectory(Volume volume, VolumePath path, boolean parents);

  /** Removes a file, a link itself, or an empty directory. */
  void delete(Volume volume, VolumePath path);

  /**
   * Part of a directory.
   *
   * @param next what to give as {@code after} for the next part; empty at the end
   */
  record Page(List<FileDescription> files, byte[] next) {
    public Page {
      files = List.copyOf(files);
    }
  }

  /** An open file. Not for several threads at once. */
  interface Reader extends AutoCloseable {
    /** The next bytes, at most {@code maximum}; none left where none remain. */
    ByteBuffer next(int maximum);

    @Override
    void close();
  }

  /** A file that is being written. Not for several threads at once. */
  interface Upload extends AutoCloseable {
    /** Appends; throws {@code QuotaExceeded} before the volume would grow beyond its quota. */
    void append(ByteBuffer data);

    /** Makes it durable, then visible as a whole. */
    FileDescription commit();

    /** Leaves nothing behind of what was not committed. */
    @Override
    void close();
  }
}
