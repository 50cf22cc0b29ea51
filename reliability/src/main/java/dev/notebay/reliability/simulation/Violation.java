package dev.notebay.reliability.simulation;

/** Something happened that must never happen; not for the code under test to catch. */
final class Violation extends Error {
  private static final long serialVersionUID = 1L;

  Violation(String message) {
    super(message);
  }

  Violation(String message, Throwable cause) {
    super(message, cause);
  }
}
