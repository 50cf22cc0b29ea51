package dev.notebay.agent.core.content;

import java.time.Instant;
import java.util.List;

/**
 * The session's files. No method follows a link, except the one that stands for the mounted volume;
 * what is neither a file nor a directory is not there. All throw {@link ContentException}.
 */
public interface ContentStore {
  /** What is at a path. */
  record Entry(
      String name,
      boolean directory,
      long size,
      Instant modified,
      Instant created,
      boolean writable) {}

  Entry stat(ContentPath path);

  /** Entries of a directory that are not hidden, by name. */
  List<Entry> list(ContentPath directory);

  /** The bytes of a file of at most {@code limit} bytes. */
  byte[] read(ContentPath file, int limit);

  /** Puts a file there, or in place of the one there: readers see the old one or the new one. */
  void write(ContentPath file, byte[] bytes);

  /** Adds to the end of a file that is there. */
  void append(ContentPath file, byte[] bytes);

  /** Makes a directory where nothing is. */
  void makeDirectory(ContentPath directory);

  /** Moves a file or directory to where nothing is. */
  void rename(ContentPath from, ContentPath to);

  /** Deletes a file, or a directory with all that is in it (of links only the links). */
  void delete(ContentPath path);
}
