package dev.notebay.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How long this process has lived, to a hundredth of a second. The JDK knows only when the virtual
 * machine began, or the process's start to a second.
 */
final class ProcessAge {
  /** Of the clock in which Linux tells times of processes; fixed for user space. */
  private static final long TICKS_PER_SECOND = 100;

  /** The 22nd field of {@code /proc/self/stat} counted after the command, which may hold spaces. */
  private static final int START_TIME = 19;

  private ProcessAge() {}

  /** Zero where the machine does not tell. */
  static Duration now() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      long started =
          Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TIME]);
      double uptime = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
      return Duration.ofMillis(Math.round(uptime * 1000) - started * 1000 / TICKS_PER_SECOND);
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException untold) {
      return Duration.ZERO;
    }
  }
}
