package dev.notebay.scheduler.core.session;

/**
 * CPU and memory of a session.
 *
 * @param cpuMilli thousandths of a CPU, above 0
 * @param memoryBytes bytes for all its kernels together, above 0
 */
public record Compute(long cpuMilli, long memoryBytes) {
  public Compute {
    if (cpuMilli <= 0) {
      throw new IllegalArgumentException("cpuMilli: " + cpuMilli + " (expected: > 0)");
    }
    if (memoryBytes <= 0) {
      throw new IllegalArgumentException("memoryBytes: " + memoryBytes + " (expected: > 0)");
    }
  }
}
