package dev.notebay.storage.files;

import dev.notebay.storage.core.file.VolumePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;

/**
 * Opens what is beneath a directory, and nothing else, whatever others do to the tree meanwhile.
 *
 * <p>The kernel resolves the whole path in one call ({@code openat2} with RESOLVE_BENEATH,
 * NO_SYMLINKS, NO_MAGICLINKS, NO_XDEV). Where it cannot, the path is opened component by component
 * with O_NOFOLLOW, each relative to the one before. No path is ever looked at first and opened
 * second.
 */
sealed interface Beneath {
  /**
   * A handle (O_PATH) to what is at {@code path} beneath {@code root}; at its end this may be
   * anything, a link itself too, so {@code fstat} it before use.
   */
  Descriptor handle(Descriptor root, VolumePath path) throws Errno;

  /** A handle to the directory at {@code path}; the caller may make, open, and remove in it. */
  Descriptor directory(Descriptor root, VolumePath path) throws Errno;

  /** The best way that this kernel offers. */
  static Beneath best() {
    try {
      return Linux.hasOpenat2() ? new InOneCall() : new Walking();
    } catch (IOException failure) {
      throw new IllegalStateException("cannot open /", failure);
    }
  }

  /** By {@code openat2}. */
  record InOneCall() implements Beneath {
    private static final long RESOLVE =
        Linux.RESOLVE_BENEATH
            | Linux.RESOLVE_NO_SYMLINKS
            | Linux.RESOLVE_NO_MAGICLINKS
            | Linux.RESOLVE_NO_XDEV;
    private static final int TRIES = 100;

    @Override
    public Descriptor handle(Descriptor root, VolumePath path) throws Errno {
      return open(root, path, Linux.O_PATH | Linux.O_NOFOLLOW);
    }

    @Override
    public Descriptor directory(Descriptor root, VolumePath path) throws Errno {
      return open(root, path, Linux.O_PATH | Linux.O_NOFOLLOW | Linux.O_DIRECTORY);
    }

    private static Descriptor open(Descriptor root, VolumePath path, int flags) throws Errno {
      byte[] name = bytes(path.isRoot() ? "." : path.toString());
      for (int tried = 1; ; tried++) {
        try {
          return Linux.openat2(root.number(), name, flags, RESOLVE);
        } catch (Errno failure) {
          // The kernel saw a rename somewhere meanwhile and asks to be asked again.
          if (failure.code() != Errno.EAGAIN || tried == TRIES) {
            throw failure;
          }
        }
      }
    }
  }

  /** Component by component. */
  record Walking() implements Beneath {
    @Override
    public Descriptor handle(Descriptor root, VolumePath path) throws Errno {
      return walk(root, path.components(), 0);
    }

    @Override
    public Descriptor directory(Descriptor root, VolumePath path) throws Errno {
      return walk(root, path.components(), Linux.O_DIRECTORY);
    }

    private static Descriptor walk(Descriptor root, List<String> components, int lastFlags)
        throws Errno {
      Descriptor at = step(root, ".", Linux.O_DIRECTORY);
      for (Iterator<String> names = components.iterator(); names.hasNext(); ) {
        try (Descriptor directory = at) {
          String name = names.next();
          at = step(directory, name, names.hasNext() ? Linux.O_DIRECTORY : lastFlags);
        }
      }
      return at;
    }

    private static Descriptor step(Descriptor directory, String name, int flags) throws Errno {
      int all = Linux.O_PATH | Linux.O_NOFOLLOW | flags;
      return Linux.openat(directory.number(), bytes(name), all, 0);
    }
  }

  static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Opens for reading exactly what {@code handle} is a handle to; no name is resolved again, so
   * nothing can have come in between.
   */
  static Descriptor reopen(Descriptor handle) throws Errno {
    return Linux.openat(
        Linux.AT_FDCWD,
        bytes("/proc/self/fd/" + handle.number()),
        Linux.O_RDONLY | Linux.O_NONBLOCK | Linux.O_NOCTTY,
        0);
  }
}
