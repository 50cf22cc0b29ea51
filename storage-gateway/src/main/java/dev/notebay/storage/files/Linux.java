package dev.notebay.storage.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * The system calls that name files relative to an open directory; Java's own file API has no {@code
 * mkdirat}, no {@code openat2}, and checks before it opens. Names are bytes: no locale plays a
 * part.
 */
final class Linux {
  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_CREAT = 0x40;
  static final int O_EXCL = 0x80;
  static final int O_NOCTTY = 0x100;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int O_PATH = 0x200000;
  static final int O_DIRECTORY;
  static final int O_NOFOLLOW;

  static final int AT_FDCWD = -100;
  static final int AT_REMOVEDIR = 0x200;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EMPTY_PATH = 0x1000;
  static final int RENAME_NOREPLACE = 1;

  static final long RESOLVE_NO_XDEV = 0x01;
  static final long RESOLVE_NO_MAGICLINKS = 0x02;
  static final long RESOLVE_NO_SYMLINKS = 0x04;
  static final long RESOLVE_BENEATH = 0x08;

  private static final long SYS_OPENAT2 = 437;
  private static final long OPEN_HOW_BYTES = 24;
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final long STATX_BYTES = 256;

  static {
    // The two architectures that differ in what we need.
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    O_DIRECTORY = arm ? 0x4000 : 0x10000;
    O_NOFOLLOW = arm ? 0x8000 : 0x20000;
  }

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle OPENAT =
      handle(
          "openat",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(3));
  private static final MethodHandle SYSCALL =
      handle(
          "syscall",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle MKDIRAT =
      handle("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle UNLINKAT =
      handle("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle RENAMEAT2 =
      handle(
          "renameat2",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle LINKAT =
      handle(
          "linkat",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle STATX =
      handle(
          "statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle GETDENTS =
      handle("getdents64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle PREAD =
      handle("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle WRITE =
      handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle FSYNC =
      handle("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle FDATASYNC =
      handle("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle FCHMOD =
      handle("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle FCHMODAT =
      handle("fchmodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private Linux() {}

  private static MethodHandle handle(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    var all = new Linker.Option[options.length + 1];
    all[0] = Linker.Option.captureCallState("errno");
    System.arraycopy(options, 0, all, 1, options.length);
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
  }

  /** What is known of an inode. */
  record Stat(
      int mode,
      long inode,
      long deviceMajor,
      long deviceMinor,
      long size,
      long blocks,
      Instant modified) {
    private static final int TYPE = 0xF000;

    boolean isFile() {
      return (mode & TYPE) == 0x8000;
    }

    boolean isDirectory() {
      return (mode & TYPE) == 0x4000;
    }

    boolean isLink() {
      return (mode & TYPE) == 0xA000;
    }

    /** Bytes that it takes: no more than its size, and nothing for its holes. */
    long bytesUsed() {
      return Math.min(size, blocks * 512);
    }
  }

  /** A call that answers -1 and sets errno. */
  @FunctionalInterface
  private interface Call {
    long make(Arena arena, MemorySegment state) throws Throwable;
  }

  private static long call(String name, Call call) throws Errno {
    while (true) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment state = arena.allocate(STATE);
        long result = call.make(arena, state);
        if (result >= 0) {
          return result;
        }
        int errno = (int) ERRNO.get(state, 0L);
        if (errno != Errno.EINTR) {
          throw new Errno(name, errno);
        }
      } catch (Errno | RuntimeException | Error failure) {
        throw failure;
      } catch (Throwable impossible) {
        throw new IllegalStateException(name, impossible);
      }
    }
  }

  private static MemorySegment string(Arena arena, byte[] name) {
    MemorySegment text = arena.allocate(name.length + 1L);
    MemorySegment.copy(name, 0, text, JAVA_BYTE, 0, name.length);
    return text;
  }

  /** Never follows links or leaves {@code directory}, where {@code resolve} says so. */
  static Descriptor openat2(int directory, byte[] path, int flags, long resolve) throws Errno {
    return new Descriptor(
        (int)
            call(
                "openat2",
                (arena, state) -> {
                  MemorySegment how = arena.allocate(OPEN_HOW_BYTES, 8);
                  how.set(JAVA_LONG, 0, (flags | O_CLOEXEC) & 0xFFFFFFFFL);
                  how.set(JAVA_LONG, 16, resolve);
                  return (long)
                      SYSCALL.invokeExact(
                          state,
                          SYS_OPENAT2,
                          (long) directory,
                          string(arena, path),
                          how,
                          OPEN_HOW_BYTES);
                }));
  }

  static Descriptor openat(int directory, byte[] path, int flags, int mode) throws Errno {
    return new Descriptor(
        (int)
            call(
                "openat",
                (arena, state) ->
                    (int)
                        OPENAT.invokeExact(
                            state, directory, string(arena, path), flags | O_CLOEXEC, mode)));
  }

  static void mkdirat(int directory, byte[] name, int mode) throws Errno {
    call(
        "mkdirat",
        (arena, state) -> (int) MKDIRAT.invokeExact(state, directory, string(arena, name), mode));
  }

  static void unlinkat(int directory, byte[] name, int flags) throws Errno {
    call(
        "unlinkat",
        (arena, state) -> (int) UNLINKAT.invokeExact(state, directory, string(arena, name), flags));
  }

  static void renameat2(int fromDirectory, byte[] from, int toDirectory, byte[] to, int flags)
      throws Errno {
    call(
        "renameat2",
        (arena, state) ->
            (int)
                RENAMEAT2.invokeExact(
                    state,
                    fromDirectory,
                    string(arena, from),
                    toDirectory,
                    string(arena, to),
                    flags));
  }

  /** Within one directory; a link at {@code from} is linked itself. */
  static void linkat(int directory, byte[] from, byte[] to) throws Errno {
    call(
        "linkat",
        (arena, state) ->
            (int)
                LINKAT.invokeExact(
                    state, directory, string(arena, from), directory, string(arena, to), 0));
  }

  /** Of the entry itself: a link is not followed. */
  static Stat lstatat(int directory, byte[] name) throws Errno {
    return statx(directory, name, AT_SYMLINK_NOFOLLOW);
  }

  static Stat fstat(int descriptor) throws Errno {
    return statx(descriptor, new byte[0], AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  }

  private static Stat statx(int directory, byte[] name, int flags) throws Errno {
    var stat = new Stat[1];
    call(
        "statx",
        (arena, state) -> {
          MemorySegment buffer = arena.allocate(STATX_BYTES, 8);
          int result =
              (int)
                  STATX.invokeExact(
                      state, directory, string(arena, name), flags, STATX_BASIC_STATS, buffer);
          if (result == 0) {
            stat[0] = statOf(buffer);
          }
          return result;
        });
    return stat[0];
  }

  private static Stat statOf(MemorySegment statx) {
    return new Stat(
        Short.toUnsignedInt(statx.get(JAVA_SHORT, 28)),
        statx.get(JAVA_LONG, 32),
        statx.get(JAVA_INT, 136),
        statx.get(JAVA_INT, 140),
        statx.get(JAVA_LONG, 40),
        statx.get(JAVA_LONG, 48),
        Instant.ofEpochSecond(statx.get(JAVA_LONG, 112), statx.get(JAVA_INT, 120)));
  }

  /** Fills {@code buffer} with directory entries; returns how many bytes of it, 0 at the end. */
  static long getdents(int directory, MemorySegment buffer) throws Errno {
    return call(
        "getdents64",
        (_, state) -> (long) GETDENTS.invokeExact(state, directory, buffer, buffer.byteSize()));
  }

  /** Fills {@code buffer} from {@code offset} of the file; returns how many bytes, 0 at the end. */
  static long pread(int file, MemorySegment buffer, long offset) throws Errno {
    return call(
        "pread",
        (_, state) -> (long) PREAD.invokeExact(state, file, buffer, buffer.byteSize(), offset));
  }

  /** Writes all of {@code data}. */
  static void write(int file, ByteBuffer data) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = MemorySegment.ofBuffer(data);
      MemorySegment all = from.isNative() ? from : arena.allocate(data.remaining()).copyFrom(from);
      for (long[] done = {0}; done[0] < all.byteSize(); ) {
        MemorySegment rest = all.asSlice(done[0]);
        done[0] +=
            call(
                "write",
                (_, state) -> (long) WRITE.invokeExact(state, file, rest, rest.byteSize()));
      }
    }
  }

  static void fsync(int descriptor) throws Errno {
    call("fsync", (_, state) -> (int) FSYNC.invokeExact(state, descriptor));
  }

  static void fdatasync(int descriptor) throws Errno {
    call("fdatasync", (_, state) -> (int) FDATASYNC.invokeExact(state, descriptor));
  }

  static void fchmod(int descriptor, int mode) throws Errno {
    call("fchmod", (_, state) -> (int) FCHMOD.invokeExact(state, descriptor, mode));
  }

  /** Of a path that may end in a link, which is followed: only for /proc/self/fd. */
  static void chmod(byte[] path, int mode) throws Errno {
    call(
        "fchmodat",
        (arena, state) ->
            (int) FCHMODAT.invokeExact(state, AT_FDCWD, string(arena, path), mode, 0));
  }

  /** The descriptor is gone afterwards, whatever the call says. */
  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
      assert result <= 0;
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new IllegalStateException("close", impossible);
    }
  }

  /** Whether the kernel has {@code openat2} and lets us use it. */
  static boolean hasOpenat2() throws IOException {
    try (Descriptor here = openat(AT_FDCWD, new byte[] {'/'}, O_PATH | O_DIRECTORY, 0);
        Descriptor again =
            openat2(here.number(), new byte[] {'.'}, O_PATH | O_DIRECTORY, RESOLVE_BENEATH)) {
      return again.number() >= 0;
    } catch (Errno failure) {
      if (failure.code() == Errno.ENOSYS
          || failure.code() == Errno.EPERM
          || failure.code() == Errno.EINVAL) {
        return false;
      }
      throw failure;
    }
  }
}
