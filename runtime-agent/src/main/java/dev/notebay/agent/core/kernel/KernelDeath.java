package dev.notebay.agent.core.kernel;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a kernel's process ended.
 *
 * @param outOfMemoryKills how often the system killed in this session for want of memory while the
 *     process lived; empty where nobody counts that
 * @param log the end of what it wrote to its own standard output and error
 */
public record KernelDeath(
    OptionalInt exitCode,
    OptionalInt signal,
    long peakBytes,
    OptionalLong limitBytes,
    OptionalLong outOfMemoryKills,
    String log) {
  private static final int SIGKILL = 9;
  private static final double NEAR = 0.8;

  /** In words for the person whose kernel it was. */
  public String reason() {
    String how =
        signal.isPresent()
            ? "was killed by signal "
                + signal.getAsInt()
                + " ("
                + signalName(signal.getAsInt())
                + ")"
            : exitCode.isPresent() ? "exited with code " + exitCode.getAsInt() : "is gone";
    return "The kernel " + how + memory().map(why -> ": " + why).orElse("") + ".";
  }

  /** Whether the system counted a kill for want of memory. */
  public boolean outOfMemory() {
    return signal.orElse(0) == SIGKILL && outOfMemoryKills.orElse(0) > 0;
  }

  private Optional<String> memory() {
    String limit =
        limitBytes.isPresent() ? " of " + mebibytes(limitBytes.getAsLong()) + " MiB" : "";
    if (outOfMemory()) {
      return Optional.of(
          "it ran out of memory (its limit%s was reached; it used up to %d MiB)"
              .formatted(limit, mebibytes(peakBytes)));
    }
    boolean near = limitBytes.isPresent() && peakBytes >= limitBytes.getAsLong() * NEAR;
    if (signal.orElse(0) == SIGKILL && near && outOfMemoryKills.isEmpty()) {
      return Optional.of(
          "it probably ran out of memory (it used up to %d MiB%s)"
              .formatted(mebibytes(peakBytes), limit));
    }
    return Optional.empty();
  }

  private static long mebibytes(long bytes) {
    return bytes / (1024 * 1024);
  }

  private static String signalName(int number) {
    return switch (number) {
      case 1 -> "SIGHUP";
      case 2 -> "SIGINT";
      case 3 -> "SIGQUIT";
      case 4 -> "SIGILL: an instruction that this processor lacks";
      case 6 -> "SIGABRT: it aborted itself";
      case 7 -> "SIGBUS: a bad memory access";
      case 8 -> "SIGFPE";
      case 9 -> "SIGKILL";
      case 11 -> "SIGSEGV: a crash in native code";
      case 13 -> "SIGPIPE";
      case 15 -> "SIGTERM";
      case 24 -> "SIGXCPU";
      case 25 -> "SIGXFSZ";
      case 31 -> "SIGSYS: a forbidden system call";
      default -> "signal " + number;
    };
  }
}
