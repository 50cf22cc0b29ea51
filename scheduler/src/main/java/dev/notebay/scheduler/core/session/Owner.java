package dev.notebay.scheduler.core.session;

/** A person, by the subject of their token. */
public record Owner(String subject) {
  /** The most characters that a subject may have. */
  public static final int MAXIMUM_LENGTH = 255;

  public Owner {
    if (subject.isBlank() || subject.length() > MAXIMUM_LENGTH) {
      throw new IllegalArgumentException(
          "subject: " + subject.length() + " characters (expected: 1 to 255, not blank)");
    }
  }

  @Override
  public String toString() {
    return subject;
  }
}
