package dev.notebay.cli.terminal;

/** What the command line's exit codes mean; {@code notebay help} shows them. */
public final class ExitCode {
  public static final int OK = 0;

  /** A cell raised, or its kernel died. */
  public static final int CELL_FAILED = 1;

  /** The command was typed wrongly, or its file is not what it should be. */
  public static final int USAGE = 2;

  /** Notebay refused: not found, impossible, over a limit. */
  public static final int REFUSED = 3;

  /** Notebay is not running, could not be started, or does not answer. */
  public static final int UNAVAILABLE = 4;

  /** The session ended before the work was done. */
  public static final int SESSION_ENDED = 5;

  /** Interrupted by the user: 128 + SIGINT. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
