package dev.notebay.scheduler.local;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A lock by {@code flock(2)}, which belongs to an open file and so to every process that inherited
 * it. Java's own file locks are another kind: they would not see these.
 */
final class FileLock implements AutoCloseable {
  /** How a lock is held. */
  enum Mode {
    SHARED(1),
    EXCLUSIVE(2);

    private final int operation;

    Mode(int operation) {
      this.operation = operation;
    }
  }

  private static final int LOCK_NB = 4;
  private static final int O_RDWR_CLOEXEC = 0x80002;
  private static final int ENOENT = 2;
  private static final int EWOULDBLOCK = 11;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle OPEN =
      bind("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle FLOCK =
      bind("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), -1);
  private static final MethodHandle CLOSE =
      bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), -1);

  private final int descriptor;

  private FileLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Takes the lock, without waiting.
   *
   * @return empty where somebody else has it
   * @throws NoSuchFileException when the file is not there
   */
  static Optional<FileLock> tryLock(Path file, Mode mode) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment path = arena.allocateFrom(file.toString());
      int descriptor = (int) OPEN.invokeExact(state, path, O_RDWR_CLOEXEC);
      if (descriptor < 0) {
        int code = (int) ERRNO.get(state, 0L);
        if (code == ENOENT) {
          throw new NoSuchFileException(file.toString());
        }
        throw new IOException("open " + file + ": errno " + code);
      }
      FileLock lock = new FileLock(descriptor);
      if ((int) FLOCK.invokeExact(state, descriptor, mode.operation | LOCK_NB) == 0) {
        return Optional.of(lock);
      }
      int code = (int) ERRNO.get(state, 0L);
      lock.close();
      if (code == EWOULDBLOCK) {
        return Optional.empty();
      }
      throw new IOException("flock " + file + ": errno " + code);
    } catch (IOException | RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void close() {
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
      if (result != 0) {
        throw new IllegalStateException("close of a lock: descriptor " + descriptor);
      }
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static MethodHandle bind(String name, FunctionDescriptor function, int firstVariadic) {
    Linker.Option errno = Linker.Option.captureCallState("errno");
    MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
    return firstVariadic < 0
        ? LINKER.downcallHandle(address, function, errno)
        : LINKER.downcallHandle(
            address, function, errno, Linker.Option.firstVariadicArg(firstVariadic));
  }
}
