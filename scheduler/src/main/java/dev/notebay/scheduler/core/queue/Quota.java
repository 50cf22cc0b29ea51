package dev.notebay.scheduler.core.queue;

import java.math.BigDecimal;
import java.util.OptionalLong;

/**
 * What a queue may hold of one accelerator class at one time, in Kueue's words. All in thousandths
 * of a device.
 *
 * @param accelerator the class, such as {@code nvidia-t4}
 * @param nominalMilli what the queue can count on; 0 where it may only borrow
 * @param borrowingLimitMilli how much more than nominal it may hold while others of its cohort
 *     leave theirs unused; empty for no limit
 * @param lendingLimitMilli how much of nominal the others may hold while it is unused; empty for
 *     all of it
 */
public record Quota(
    String accelerator,
    long nominalMilli,
    OptionalLong borrowingLimitMilli,
    OptionalLong lendingLimitMilli) {
  /** Above any fleet, and far from where sums of it would overflow. */
  public static final long MAXIMUM_MILLI = 1_000_000_000_000L;

  private static final int MILLI_DIGITS = 3;

  /** A quota in whole devices without limits to lending and borrowing. */
  public static Quota devices(String accelerator, long nominal) {
    return new Quota(accelerator, nominal * 1000, OptionalLong.empty(), OptionalLong.empty());
  }

  public Quota borrowing(long devices) {
    return new Quota(accelerator, nominalMilli, OptionalLong.of(devices * 1000), lendingLimitMilli);
  }

  public Quota lending(long devices) {
    return new Quota(
        accelerator, nominalMilli, borrowingLimitMilli, OptionalLong.of(devices * 1000));
  }

  /** What nobody else may ever hold of nominal. */
  long keptMilli() {
    return lendingLimitMilli.isPresent()
        ? Math.max(0, nominalMilli - lendingLimitMilli.getAsLong())
        : 0;
  }

  /** Thousandths of a device as devices, such as {@code 8} or {@code 0.5}. */
  public static String devices(long milli) {
    return BigDecimal.valueOf(milli, MILLI_DIGITS).stripTrailingZeros().toPlainString();
  }
}
