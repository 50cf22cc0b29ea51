package dev.notebay.scheduler.core.queue;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/**
 * An amount over time that changes in steps. Times are microseconds since 1970, between {@link
 * #ALWAYS} and {@link #NEVER}. Adding and taking away again restores exactly what was.
 */
final class Timeline {
  /** Before every time. */
  static final long ALWAYS = Long.MIN_VALUE;

  /** After every time. */
  static final long NEVER = Long.MAX_VALUE;

  private static final Instant FAR = Instant.parse("2300-01-01T00:00:00Z");
  private static final Duration LONG = Duration.ofDays(36_500);

  private long[] at = {ALWAYS, 0, 0, 0};
  private long[] value = new long[4];
  private int size = 1;

  /** {@link #NEVER} for what is centuries away. */
  static long micros(Instant instant) {
    return instant.isAfter(FAR) ? NEVER : ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  /** {@link #NEVER} for what takes centuries. */
  static long micros(Duration duration) {
    return duration.compareTo(LONG) > 0 ? NEVER : duration.toNanos() / 1000;
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** The later time; {@link #NEVER} where either is. */
  static long later(long at, long micros) {
    return at == NEVER || micros == NEVER ? NEVER : at + micros;
  }

  /** Changes the amount from {@code from} until {@code until}. */
  void add(long from, long until, long amount) {
    if (from >= until || amount == 0) {
      return;
    }
    int first = cut(from);
    int last = until == NEVER ? size : cut(until);
    for (int step = first; step < last; step++) {
      value[step] += amount;
    }
    join(last);
    join(first);
  }

  /** How many steps there are. */
  int size() {
    return size;
  }

  /** When a step begins. */
  long from(int step) {
    return at[step];
  }

  /** When a step ends. */
  long until(int step) {
    return step + 1 < size ? at[step + 1] : NEVER;
  }

  long value(int step) {
    return value[step];
  }

  /** The step in which a time lies. */
  int stepAt(long time) {
    int found = Arrays.binarySearch(at, 0, size, time);
    return found >= 0 ? found : -2 - found;
  }

  long valueAt(long time) {
    return value[stepAt(time)];
  }

  /**
   * The first time from {@code notBefore} on at which the amount is at most {@code most}, and stays
   * so for {@code length}; {@link #NEVER} if there is none.
   */
  long earliest(long most, long notBefore, long length) {
    long start = notBefore;
    for (int step = stepAt(notBefore); step < size && at[step] < later(start, length); step++) {
      if (value[step] > most) {
        start = until(step);
        if (start == NEVER) {
          return NEVER;
        }
      }
    }
    return start;
  }

  private int cut(long time) {
    int step = stepAt(time);
    if (at[step] == time) {
      return step;
    }
    if (size == at.length) {
      at = Arrays.copyOf(at, 2 * size);
      value = Arrays.copyOf(value, 2 * size);
    }
    System.arraycopy(at, step + 1, at, step + 2, size - step - 1);
    System.arraycopy(value, step + 1, value, step + 2, size - step - 1);
    at[step + 1] = time;
    value[step + 1] = value[step];
    size++;
    return step + 1;
  }

  private void join(int step) {
    if (step > 0 && step < size && value[step] == value[step - 1]) {
      System.arraycopy(at, step + 1, at, step, size - step - 1);
      System.arraycopy(value, step + 1, value, step, size - step - 1);
      size--;
    }
  }
}
