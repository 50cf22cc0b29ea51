package dev.notebay.simulator.openb;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/** Seeds as they are written on the command line, such as {@code 42..51}. */
public record SeedRange(long first, long last) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\.\\.(\\d{1,9})");
  private static final int MOST = 1000;

  /**
   * @throws BadInput when it is not such a text
   */
  public static SeedRange parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (matcher.matches()) {
      var range = new SeedRange(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
      if (range.first <= range.last && range.last - range.first < MOST) {
        return range;
      }
    }
    throw new BadInput(
        "--seeds: " + text + " (expected: two numbers such as 42..51, at most " + MOST + " seeds)");
  }

  public long[] toArray() {
    return LongStream.rangeClosed(first, last).toArray();
  }
}
