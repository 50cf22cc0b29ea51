package dev.notebay.agent.files;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * Which permissions files made by this process lack: {@code umask(2)}, which Java has no word for.
 */
public final class Umask {
  private Umask() {}

  /**
   * Sets it for the whole process.
   *
   * @param mask such as {@code 0002}, so that the group may write
   */
  public static void set(int mask) {
    Linker linker = Linker.nativeLinker();
    try {
      int before =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().find("umask").orElseThrow(),
                      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                  .invokeExact(mask);
      System.getLogger(Umask.class.getName())
          .log(System.Logger.Level.DEBUG, "umask was %o".formatted(before));
    } catch (Throwable impossible) {
      throw new IllegalStateException("umask(2) cannot fail", impossible);
    }
  }
}
