package dev.notebay.agent.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class KernelDeathTest {
  private static final long MIB = 1024 * 1024;
  private static final OptionalInt NONE = OptionalInt.empty();

  private static String reason(
      OptionalInt code, OptionalInt signal, long peak, OptionalLong limit, OptionalLong kills) {
    return new KernelDeath(code, signal, peak, limit, kills, "").reason();
  }

  @Test
  void saysHowItEnded() {
    OptionalLong limit = OptionalLong.of(1000 * MIB);
    OptionalLong nobody = OptionalLong.empty();
    assertThat(reason(OptionalInt.of(3), NONE, 0, limit, nobody))
        .isEqualTo("The kernel exited with code 3.");
    assertThat(reason(NONE, OptionalInt.of(11), 0, limit, nobody))
        .isEqualTo("The kernel was killed by signal 11 (SIGSEGV: a crash in native code).");
    assertThat(reason(NONE, OptionalInt.of(9), 100 * MIB, limit, nobody))
        .isEqualTo("The kernel was killed by signal 9 (SIGKILL).");
    assertThat(reason(NONE, NONE, 0, limit, nobody)).isEqualTo("The kernel is gone.");
  }

  @Test
  void saysThatMemoryRanOutWhenTheSystemCountedIt() {
    assertThat(
            reason(
                NONE,
                OptionalInt.of(9),
                900 * MIB,
                OptionalLong.of(1000 * MIB),
                OptionalLong.of(1)))
        .contains("ran out of memory (its limit of 1000 MiB was reached; it used up to 900 MiB)");
  }

  @Test
  void saysProbablyWhenNobodyCounts() {
    OptionalLong limit = OptionalLong.of(1000 * MIB);
    assertThat(reason(NONE, OptionalInt.of(9), 900 * MIB, limit, OptionalLong.empty()))
        .contains("probably ran out of memory");
    assertThat(reason(NONE, OptionalInt.of(9), 900 * MIB, limit, OptionalLong.of(0)))
        .doesNotContain("memory");
    assertThat(reason(NONE, OptionalInt.of(15), 900 * MIB, limit, OptionalLong.empty()))
        .doesNotContain("memory");
  }
}
