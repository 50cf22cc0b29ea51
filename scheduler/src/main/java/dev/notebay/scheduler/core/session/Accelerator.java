package dev.notebay.scheduler.core.session;

import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a session asks for beside CPU and memory: devices of one class, all on one node.
 *
 * @param types acceptable classes such as {@code nvidia-t4}, the preferred first; exactly {@code
 *     none} for no device. A MIG profile is a class of its own.
 * @param count devices on one node; 0 exactly for {@code none}
 * @param milli thousandths of each device: 1000 is a whole one, less is a share of a single one
 * @param memoryBytes GPU memory that each device must have for the session; 0 where a share gets
 *     its part of the device's memory and a whole device may have any
 */
public record Accelerator(List<String> types, int count, int milli, long memoryBytes) {
  /** The most devices that a request may name. */
  public static final int MAXIMUM_COUNT = 64;

  /** The most classes that a request may name. */
  public static final int MAXIMUM_TYPES = 16;

  /** Thousandths of a whole device. */
  public static final int WHOLE = 1000;

  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9]*([.-][a-z0-9]+)*");
  private static final int MAXIMUM_TYPE_LENGTH = 63;

  /** Below the pattern that its constructor needs. */
  public static final Accelerator NONE = new Accelerator("none", 0);

  public Accelerator {
    types = List.copyOf(types);
    if (types.isEmpty() || types.size() > MAXIMUM_TYPES) {
      throw new IllegalArgumentException(
          "types: " + types + " (expected: 1 to " + MAXIMUM_TYPES + " classes)");
    }
    for (String type : types) {
      if (!isType(type)) {
        throw new IllegalArgumentException(
            "type: " + type + " (expected: lower-case words of letters and digits joined by '-')");
      }
    }
    if (new HashSet<>(types).size() < types.size()) {
      throw new IllegalArgumentException("types: " + types + " (expected: each class once)");
    }
    if (types.size() > 1 && types.contains("none")) {
      throw new IllegalArgumentException("types: " + types + " (expected: none only alone)");
    }
    if (types.getFirst().equals("none") ? count != 0 : count < 1 || count > MAXIMUM_COUNT) {
      throw new IllegalArgumentException(
          "count: " + count + " (expected: 0 for none, else 1 to " + MAXIMUM_COUNT + ")");
    }
    if (milli < 1 || milli > WHOLE || (milli < WHOLE && count != 1)) {
      throw new IllegalArgumentException(
          "milli: " + milli + " (expected: 1 to 1000, and below 1000 only with count 1)");
    }
    if (memoryBytes < 0 || (memoryBytes > 0 && count == 0)) {
      throw new IllegalArgumentException(
          "memoryBytes: " + memoryBytes + " (expected: >= 0, and 0 for none)");
    }
  }

  /** Whole devices of one class. */
  public Accelerator(String type, int count) {
    this(List.of(type), count, WHOLE, 0);
  }

  /** Whether {@code text} could name an accelerator class. */
  public static boolean isType(String text) {
    return text.length() <= MAXIMUM_TYPE_LENGTH && TYPE.matcher(text).matches();
  }

  /** The preferred class. */
  public String type() {
    return types.getFirst();
  }

  public boolean isNone() {
    return count == 0;
  }

  /** Whether it is a part of a device that others may use too. */
  public boolean isShare() {
    return milli < WHOLE;
  }

  /** The same of one class only. */
  public Accelerator only(String type) {
    return new Accelerator(List.of(type), count, milli, memoryBytes);
  }

  /** For people, such as {@code nvidia-a100 or nvidia-l4 x2} and {@code nvidia-t4 x0.5}. */
  public String describe() {
    return String.join(" or ", types) + " x" + amount();
  }

  /** How many devices, such as {@code 2} and {@code 0.5}. */
  public String amount() {
    return isShare()
        ? "0." + "%03d".formatted(milli).replaceFirst("0+$", "")
        : Integer.toString(count);
  }
}
