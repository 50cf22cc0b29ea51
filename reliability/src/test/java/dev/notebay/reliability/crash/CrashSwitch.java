package dev.notebay.reliability.crash;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the inserted calls call. Ends the process as {@code kill -9} would: no hooks, nothing
 * flushed. Once for each marker file: a program that its supervisor starts again lives on.
 */
public final class CrashSwitch {
  /** What a process that was ended here exits with, as one killed by SIGKILL does in a shell. */
  public static final int STATUS = 137;

  private static final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
  private static volatile @Nullable Path marker;

  private CrashSwitch() {}

  /**
   * From now on counts.
   *
   * @param hit which passage is the last one
   * @param reached the file that says that it was reached
   */
  static void arm(int hit, Path reached) {
    marker = reached;
    left.set(hit);
  }

  /** A passage of the point. */
  public static void hit() {
    Path reached = marker;
    if (left.decrementAndGet() != 0 || reached == null) {
      return;
    }
    try {
      Files.createFile(reached);
    } catch (FileAlreadyExistsException before) {
      return;
    } catch (IOException unwritable) {
      System.err.println("crash point: " + unwritable);
    }
    Runtime.getRuntime().halt(STATUS);
  }
}
