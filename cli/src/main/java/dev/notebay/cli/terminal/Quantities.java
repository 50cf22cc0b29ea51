package dev.notebay.cli.terminal;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people type and read them: {@code 1h30m}, {@code 4GiB}, {@code 500m}. */
public final class Quantities {
  /** A whole device, in the thousandths of {@link #deviceMilli}. */
  public static final int WHOLE_DEVICE_MILLI = 1000;

  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d{1,6})d)?(?:(\\d{1,6})h)?(?:(\\d{1,6})m)?(?:(\\d{1,6})s)?");
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,12})(?: ?([kKmMgGtT])(i?)[bB]?|[bB])?");
  private static final Pattern CPU = Pattern.compile("(\\d{1,4}(?:\\.\\d{1,3})?)|(\\d{1,7})m");
  private static final Pattern DEVICES = Pattern.compile("[1-9]\\d{0,3}|0?\\.(?!0+$)\\d{1,3}");
  private static final Map<String, Integer> POWER = Map.of("K", 1, "M", 2, "G", 3, "T", 4);

  private Quantities() {}

  /** {@code 90m}, {@code 1h30m}, {@code 45s}, {@code 2d}. */
  public static Duration duration(String option, String text) {
    Matcher parts = DURATION.matcher(text);
    if (text.isEmpty() || !parts.matches()) {
      throw wrong(option, text, "a duration such as 45s, 90m or 1h30m");
    }
    Duration total =
        Duration.ofDays(part(parts, 1))
            .plusHours(part(parts, 2))
            .plusMinutes(part(parts, 3))
            .plusSeconds(part(parts, 4));
    if (total.isZero()) {
      throw wrong(option, text, "more than nothing");
    }
    return total;
  }

  /** {@code 512MiB}, {@code 4GB}, {@code 1048576}. */
  public static long bytes(String option, String text) {
    Matcher parts = SIZE.matcher(text);
    if (!parts.matches()) {
      throw wrong(option, text, "a size such as 512MiB or 4GiB");
    }
    long base = "i".equals(parts.group(3)) ? 1024 : 1000;
    String unit = parts.group(2);
    long size = Long.parseLong(parts.group(1));
    int power = unit == null ? 0 : POWER.getOrDefault(unit.toUpperCase(Locale.ROOT), 0);
    try {
      for (int i = 0; i < power; i++) {
        size = Math.multiplyExact(size, base);
      }
    } catch (ArithmeticException tooBig) {
      throw wrong(option, text, "less than 8 EiB");
    }
    return size;
  }

  /** {@code 2}, {@code 0.5} or {@code 500m} CPUs, in thousandths. */
  public static long cpuMilli(String option, String text) {
    Matcher parts = CPU.matcher(text);
    if (!parts.matches()) {
      throw wrong(option, text, "CPUs such as 2, 0.5 or 500m");
    }
    String whole = parts.group(1);
    long milli =
        whole == null
            ? Long.parseLong(parts.group(2))
            : Math.round(Double.parseDouble(whole) * 1000);
    if (milli == 0) {
      throw wrong(option, text, "more than nothing");
    }
    return milli;
  }

  /** {@code 2} devices, or {@code 0.25} of one, in thousandths. */
  public static int deviceMilli(String option, String text) {
    if (!DEVICES.matcher(text).matches()) {
      throw wrong(option, text, "at least 1, or a share such as 0.25, of at least 0.001");
    }
    return new BigDecimal(text).movePointRight(3).intValueExact();
  }

  /** The two largest units: {@code 1h 30m}, {@code 12s}. */
  public static String show(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return pair(seconds / 60, "m", seconds % 60, "s");
    }
    if (seconds < 86_400) {
      return pair(seconds / 3600, "h", seconds % 3600 / 60, "m");
    }
    return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
  }

  /** In the unit that gives 1 to 1023: {@code 1.5 GiB}. */
  public static String show(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = bytes;
    int unit = 0;
    while (size >= 1024 && unit < units.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, size < 10 ? "%.1f %s" : "%.0f %s", size, units[unit]);
  }

  private static String pair(long large, String largeUnit, long small, String smallUnit) {
    return large + largeUnit + (small == 0 ? "" : " " + small + smallUnit);
  }

  private static long part(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }

  private static CliFailure wrong(String option, String text, String expected) {
    return CliFailure.usage(option + ": " + text + " (expected: " + expected + ")", "");
  }
}
