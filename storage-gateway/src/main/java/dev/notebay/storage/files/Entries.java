package dev.notebay.storage.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Predicate;

/** The names in a directory, as bytes. */
final class Entries {
  private static final long BUFFER_BYTES = 64 << 10;
  private static final int NAME_OFFSET = 19;
  private static final int LENGTH_OFFSET = 16;

  private Entries() {}

  /**
   * Shows every name but {@code .} and {@code ..} to {@code visitor} until it says false.
   *
   * @param directory opened for reading
   */
  static void each(Descriptor directory, Predicate<byte[]> visitor) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
      for (long filled; (filled = Linux.getdents(directory.number(), buffer)) > 0; ) {
        for (long at = 0; at < filled; ) {
          int length = Short.toUnsignedInt(buffer.get(JAVA_SHORT, at + LENGTH_OFFSET));
          byte[] name = name(buffer.asSlice(at + NAME_OFFSET, length - NAME_OFFSET));
          if (!isDots(name) && !visitor.test(name)) {
            return;
          }
          at += length;
        }
      }
    }
  }

  private static byte[] name(MemorySegment text) {
    int length = 0;
    while (text.get(JAVA_BYTE, length) != 0) {
      length++;
    }
    return text.asSlice(0, length).toArray(JAVA_BYTE);
  }

  private static boolean isDots(byte[] name) {
    return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
  }
}
