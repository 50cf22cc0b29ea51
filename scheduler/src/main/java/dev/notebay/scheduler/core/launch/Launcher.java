package dev.notebay.scheduler.core.launch;

import java.util.List;
import java.util.Optional;

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
   * Every runtime of this installation, running or ended, also of those that another process
   * launched before. It may lag behind the truth, in either direction: what is missing in it need
   * not be gone.
   */
  List<RuntimeView> list();

  /**
   * One runtime as it is now. What was launched before and is not found here is gone, or will, if
   * the launch is still under way somewhere, be refused when it claims its session.
   *
   * @return empty where there is nothing of it
   */
  Optional<RuntimeView> look(RuntimeName name);

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
