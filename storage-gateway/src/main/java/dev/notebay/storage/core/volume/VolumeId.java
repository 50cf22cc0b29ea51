package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.volume.StorageException.InvalidField;

/** The name that an owner gave a volume. This constructor is the only parser of it. */
public record VolumeId(String value) implements Comparable<VolumeId> {
  private static final int MAXIMUM_LENGTH = 63;
  private static final String EXPECTED =
      "1 to 63 of a-z, 0-9 and '-', starting with a letter, not ending with '-'";

  public VolumeId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("volume id: " + value + " (expected: " + EXPECTED + ")");
    }
  }

  /**
   * The id in {@code text}, which came from outside in {@code field}.
   *
   * @throws InvalidField where it is none
   */
  public static VolumeId parse(String field, String text) {
    if (!isValid(text)) {
      throw new InvalidField(field, text, EXPECTED);
    }
    return new VolumeId(text);
  }

  private static boolean isValid(String text) {
    if (text.isEmpty() || text.length() > MAXIMUM_LENGTH || text.endsWith("-")) {
      return false;
    }
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      boolean letter = c >= 'a' && c <= 'z';
      boolean digitOrDash = (c >= '0' && c <= '9') || c == '-';
      if (!letter && (at == 0 || !digitOrDash)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int compareTo(VolumeId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
