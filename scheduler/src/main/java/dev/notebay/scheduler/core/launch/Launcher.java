package dev.notebay.scheduler.core.launch;

import java.util.List;

/**
 * Makes placed sessions run, on this machine or on a cluster. All methods are idempotent and return
 * without waiting for what they began; {@link #list()} tells what came of it.
 */
public interface Launcher {
  /**
   * Begins to start a runtime. Of any number of calls with one name one runtime comes to be.
   *
   * @throws LaunchException when it cannot even begin, with what to do about it
   */
  void launch(LaunchRequest request);

  /**
   * Every runtime of this installation, running or ended: the ground truth, also of runtimes that
   * another process launched before. A runtime that is neither in the list nor being launched has
   * left nothing behind.
   */
  List<RuntimeView> list();

  /**
   * Ends a runtime by force, whether or not its agent answers: politely at first, without asking
   * soon after. Nothing happens where it has ended or never was.
   */
  void terminate(RuntimeName name);

  /** Removes what an ended runtime left behind: its scratch files, logs and records. */
  void remove(RuntimeName name);

  /** A runtime cannot be started. */
  final class LaunchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message for the session's owner: what is wrong and what to do
     */
    public LaunchException(String message) {
      super(message);
    }

    public LaunchException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
