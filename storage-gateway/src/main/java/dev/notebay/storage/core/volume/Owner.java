package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.volume.StorageException.InvalidField;

/** Whose volume: the subject of a token. Any text; it never becomes part of a path. */
public record Owner(String subject) {
  private static final int MAXIMUM_LENGTH = 255;
  private static final String EXPECTED =
      "1 to 255 characters, not blank, none of them a control character";

  public Owner {
    if (!isValid(subject)) {
      throw new IllegalArgumentException("owner: " + subject + " (expected: " + EXPECTED + ")");
    }
  }

  /**
   * @throws InvalidField where {@code text} names nobody
   */
  public static Owner parse(String field, String text) {
    if (!isValid(text)) {
      throw new InvalidField(field, text, EXPECTED);
    }
    return new Owner(text);
  }

  private static boolean isValid(String text) {
    return !text.isBlank()
        && text.length() <= MAXIMUM_LENGTH
        && text.chars().noneMatch(Character::isISOControl);
  }

  @Override
  public String toString() {
    return subject;
  }
}
