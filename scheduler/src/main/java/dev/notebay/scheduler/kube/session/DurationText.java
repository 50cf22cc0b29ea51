package dev.notebay.scheduler.kube.session;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;

/** Lengths of time as Kubernetes writes them: {@code 90m}, {@code 1h30m}, {@code 45s}. */
final class DurationText {
  /** What can be read. */
  static final String PATTERN = "^([0-9]{1,9}(h|ms|m|s))+$";

  private static final java.util.regex.Pattern ALL = java.util.regex.Pattern.compile(PATTERN);
  private static final java.util.regex.Pattern PART =
      java.util.regex.Pattern.compile("([0-9]{1,9})(h|ms|m|s)");
  private static final Duration FINE = Duration.ofMinutes(10);
  private static final Duration MEDIUM = Duration.ofHours(2);

  private DurationText() {}

  static Optional<Duration> parse(String text) {
    if (!ALL.matcher(text).matches()) {
      return Optional.empty();
    }
    Duration sum = Duration.ZERO;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      long number = Long.parseLong(part.group(1));
      sum =
          sum.plus(
              switch (part.group(2)) {
                case "h" -> Duration.ofHours(number);
                case "m" -> Duration.ofMinutes(number);
                case "s" -> Duration.ofSeconds(number);
                default -> Duration.ofMillis(number);
              });
    }
    return Optional.of(sum);
  }

  /** To the millisecond, without parts that are zero. */
  static String of(Duration duration) {
    if (duration.toMillis() == 0) {
      return "0s";
    }
    return part(duration.toHours(), "h")
        + part(duration.toMinutesPart(), "m")
        + part(duration.toSecondsPart(), "s")
        + part(duration.toMillisPart(), "ms");
  }

  private static String part(long number, String unit) {
    return number == 0 ? "" : number + unit;
  }

  /**
   * Rounded to minutes, from ten minutes on to five, and from two hours on to half hours, so that
   * what is shown changes seldom.
   *
   * @param up not less than the truth, rather than not more
   */
  static String coarse(Duration duration, boolean up) {
    long step = duration.compareTo(FINE) < 0 ? 1 : duration.compareTo(MEDIUM) < 0 ? 5 : 30;
    long minutes = Math.max(0, duration.toMinutes());
    boolean whole = duration.equals(Duration.ofMinutes(minutes)) && minutes % step == 0;
    long steps = minutes / step + (up && !whole ? 1 : 0);
    return steps == 0 ? "0m" : of(Duration.ofMinutes(steps * step));
  }
}
