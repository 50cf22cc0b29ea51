package dev.notebay.storage.files;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Removes a directory tree of any depth with three open descriptors.
 *
 * <ol>
 *   <li>Whatever is not a directory is unlinked; a link is unlinked itself.
 *   <li>A directory that is not empty is moved up into the tree's own top, under a name of its own,
 *       and taken up later. So nothing is ever deeper than one below the top.
 *   <li>When nothing is left the top is removed.
 * </ol>
 *
 * <p>Names are only ever looked up in a directory that is open, and never followed, so nothing
 * outside of the tree is touched, whoever moves things about in it. A mounted file system is not
 * crossed: it cannot be moved, and the removal fails.
 */
final class Removal {
  private static final int OWNER_ONLY = 0700;
  private static final int DIRECTORY = Linux.O_DIRECTORY | Linux.O_NOFOLLOW;
  private static final int ROUNDS = 10;

  private final Descriptor top;
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private long moved;

  private Removal(Descriptor top) {
    this.top = top;
  }

  /** Removes what is called {@code name} in {@code parent}. */
  static void of(Descriptor parent, byte[] name) throws Errno {
    for (int round = 1; ; round++) {
      try (Descriptor top = Linux.openat(parent.number(), name, Linux.O_PATH | DIRECTORY, 0)) {
        new Removal(top).empty();
      } catch (Errno failure) {
        if (failure.code() == Errno.ENOENT) {
          return;
        }
        throw failure;
      }
      try {
        Linux.unlinkat(parent.number(), name, Linux.AT_REMOVEDIR);
        return;
      } catch (Errno failure) {
        // Somebody wrote into it meanwhile.
        if (failure.code() != Errno.ENOTEMPTY || round == ROUNDS) {
          throw failure;
        }
      }
    }
  }

  private void empty() throws Errno {
    clear(top);
    while (!waiting.isEmpty()) {
      byte[] name = waiting.pop();
      try (Descriptor directory = Linux.openat(top.number(), name, Linux.O_PATH | DIRECTORY, 0)) {
        clear(directory);
      }
      removeDirectory(top, name);
    }
  }

  private void clear(Descriptor handle) throws Errno {
    // What was made without rights for its owner must go as well.
    Linux.chmod(Beneath.bytes("/proc/self/fd/" + handle.number()), OWNER_ONLY);
    List<byte[]> names = new ArrayList<>();
    try (Descriptor directory = Beneath.reopen(handle)) {
      Entries.each(directory, names::add);
    }
    for (byte[] name : names) {
      remove(handle, name);
    }
  }

  private void remove(Descriptor directory, byte[] name) throws Errno {
    try {
      Linux.unlinkat(directory.number(), name, 0);
    } catch (Errno failure) {
      switch (failure.code()) {
        case Errno.ENOENT -> {}
        case Errno.EISDIR, Errno.EPERM -> removeDirectory(directory, name);
        default -> throw failure;
      }
    }
  }

  private void removeDirectory(Descriptor parent, byte[] name) throws Errno {
    try {
      Linux.unlinkat(parent.number(), name, Linux.AT_REMOVEDIR);
    } catch (Errno failure) {
      switch (failure.code()) {
        case Errno.ENOENT -> {}
        case Errno.ENOTEMPTY, Errno.EEXIST -> moveUp(parent, name);
        default -> throw failure;
      }
    }
  }

  private void moveUp(Descriptor parent, byte[] name) throws Errno {
    try (Descriptor child = Linux.openat(parent.number(), name, Linux.O_PATH | DIRECTORY, 0)) {
      Linux.chmod(Beneath.bytes("/proc/self/fd/" + child.number()), OWNER_ONLY);
    }
    while (true) {
      byte[] up = Beneath.bytes(".notebay-removal-" + moved++);
      try {
        Linux.renameat2(parent.number(), name, top.number(), up, Linux.RENAME_NOREPLACE);
        waiting.push(up);
        return;
      } catch (Errno failure) {
        if (failure.code() != Errno.EEXIST) {
          throw failure;
        }
      }
    }
  }
}
