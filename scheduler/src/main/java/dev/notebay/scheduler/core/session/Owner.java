package dev.notebay.scheduler.core.session;

/** A person, by the subject of their token. */
public record Owner(String subject) {
  public Owner {
    if (subject.isBlank() || subject.length() > 255) {
      throw new IllegalArgumentException(
          "subject: " + subject.length() + " characters (expected: 1 to 255, not blank)");
    }
  }

  @Override
  public String toString() {
    return subject;
  }
}
