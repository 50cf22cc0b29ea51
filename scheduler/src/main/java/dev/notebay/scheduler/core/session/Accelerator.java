package dev.notebay.scheduler.core.session;

import java.util.regex.Pattern;

/**
 * What a session asks for beside CPU and memory.
 *
 * @param type an accelerator class such as {@code nvidia-t4}, or {@code none}
 * @param count devices on one node; 0 exactly for {@code none}
 */
public record Accelerator(String type, int count) {
  /** The most devices that a request may name. */
  public static final int MAXIMUM_COUNT = 64;

  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9]*([.-][a-z0-9]+)*");
  private static final int MAXIMUM_TYPE_LENGTH = 63;

  /** Below the pattern that its constructor needs. */
  public static final Accelerator NONE = new Accelerator("none", 0);

  public Accelerator {
    if (!isType(type)) {
      throw new IllegalArgumentException(
          "type: " + type + " (expected: lower-case words of letters and digits joined by '-')");
    }
    if (type.equals("none") ? count != 0 : count < 1 || count > MAXIMUM_COUNT) {
      throw new IllegalArgumentException(
          "count: " + count + " (expected: 0 for none, else 1 to " + MAXIMUM_COUNT + ")");
    }
  }

  /** Whether {@code text} could name an accelerator class. */
  public static boolean isType(String text) {
    return text.length() <= MAXIMUM_TYPE_LENGTH && TYPE.matcher(text).matches();
  }

  public boolean isNone() {
    return count == 0;
  }
}
