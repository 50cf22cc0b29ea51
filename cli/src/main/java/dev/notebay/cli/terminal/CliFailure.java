package dev.notebay.cli.terminal;

import java.util.Optional;

/**
 * Ends a command with one line that says what is wrong and, where known, one that says what to do.
 */
public final class CliFailure extends RuntimeException {
  private final int exitCode;
  private final String hint;

  private CliFailure(int exitCode, String message, String hint) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }

  public static CliFailure usage(String message, String hint) {
    return new CliFailure(ExitCode.USAGE, message, hint);
  }

  public static CliFailure refused(String message, String hint) {
    return new CliFailure(ExitCode.REFUSED, message, hint);
  }

  public static CliFailure unavailable(String message, String hint) {
    return new CliFailure(ExitCode.UNAVAILABLE, message, hint);
  }

  public static CliFailure sessionEnded(String message, String hint) {
    return new CliFailure(ExitCode.SESSION_ENDED, message, hint);
  }

  public static CliFailure interrupted(String message) {
    return new CliFailure(ExitCode.INTERRUPTED, message, "");
  }

  public int exitCode() {
    return exitCode;
  }

  /** What to do about it. */
  public Optional<String> hint() {
    return hint.isEmpty() ? Optional.empty() : Optional.of(hint);
  }

  /** The message as every failure has one. */
  public String text() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
