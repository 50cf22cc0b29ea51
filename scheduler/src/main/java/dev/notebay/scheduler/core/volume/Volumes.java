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

    /**
     * The storage gateway will not, however often it is asked: the volume is in the trash, the
     * owner has too many, a newer attempt of the session has been seen, ….
     */
    record Refused(String message) implements Mounting {}

    /** No answer, or none that stays the same; whether it was done is not known. */
    record Unavailable(String message) implements Mounting {}
  }
}
