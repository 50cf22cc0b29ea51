package dev.notebay.scheduler.core.volume;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;

/** What the scheduler asks of the storage gateway. Both methods are idempotent. */
public interface Volumes {
  /** Records that the runtime holds the volume, and says where it is. */
  Mounting mount(Owner owner, String volume, RuntimeName runtime, String node);

  /**
   * Forgets the mounts of the runtime's session up to its attempt.
   *
   * @return whether this is done; false when the storage gateway did not answer
   */
  boolean unmount(RuntimeName runtime);

  /** What became of a {@link #mount}. */
  sealed interface Mounting {
    /**
     * @param hostPath the volume's directory on the node
     */
    record Mounted(String hostPath) implements Mounting {}

    record NotFound(String message) implements Mounting {}

    /** A single-writer volume that another session holds. */
    record InUse(String message) implements Mounting {}

    /** A newer attempt of the session has been seen: this one must not run. */
    record Fenced(String message) implements Mounting {}

    /** No answer; whether it was done is not known. */
    record Unavailable(String message) implements Mounting {}
  }
}
