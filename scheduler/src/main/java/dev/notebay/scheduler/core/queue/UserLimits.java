package dev.notebay.scheduler.core.queue;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What one person may have of one queue.
 *
 * @param sessions that hold something at one time
 * @param devicesMilli thousandths of devices, of all classes together, held at one time
 * @param budget what may be used up in a period
 */
public record UserLimits(OptionalInt sessions, OptionalLong devicesMilli, Optional<Budget> budget) {
  public static final UserLimits NONE =
      new UserLimits(OptionalInt.empty(), OptionalLong.empty(), Optional.empty());

  /**
   * GPU-seconds that may be used in each period. Who has used them up waits for the next period;
   * what runs then goes on.
   *
   * @param gpuSeconds above 0; half a device counts half
   * @param period periods follow each other without a gap from 1970-01-01T00:00Z on
   */
  public record Budget(long gpuSeconds, Duration period) {}
}
