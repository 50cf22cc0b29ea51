package dev.notebay.scheduler.core.session;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a person asked for; never changes.
 *
 * @param volume id of the owner's volume to mount
 * @param queue name of the queue in which it waits and whose quota it uses
 * @param priority of two sessions of one queue the one with the higher goes first
 * @param image container image of its kernels; empty for the installation's own
 * @param environment variables of its kernels
 */
public record SessionSpec(
    String displayName,
    Accelerator accelerator,
    Compute compute,
    Optional<String> volume,
    Policy policy,
    String queue,
    int priority,
    Optional<Image> image,
    Environment environment) {
  /** The queue of a session that names none. */
  public static final String DEFAULT_QUEUE = "default";

  /** What a queue's name must be, for people. */
  public static final String QUEUE_NAME_EXPECTED =
      "1 to 63 of a-z, 0-9, '-' and '.', a letter or digit at both ends";

  private static final Pattern QUEUE = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");

  public SessionSpec {
    if (!isQueueName(queue)) {
      throw new IllegalArgumentException(
          "queue: " + queue + " (expected: " + QUEUE_NAME_EXPECTED + ")");
    }
  }

  /** Asks for the installation's own image, and no variables. */
  public SessionSpec(
      String displayName,
      Accelerator accelerator,
      Compute compute,
      Optional<String> volume,
      Policy policy,
      String queue,
      int priority) {
    this(
        displayName,
        accelerator,
        compute,
        volume,
        policy,
        queue,
        priority,
        Optional.empty(),
        Environment.NONE);
  }

  /** Asks in the default queue, with the usual priority. */
  public SessionSpec(
      String displayName,
      Accelerator accelerator,
      Compute compute,
      Optional<String> volume,
      Policy policy) {
    this(displayName, accelerator, compute, volume, policy, DEFAULT_QUEUE, 0);
  }

  /** Whether {@code text} could name a queue. */
  public static boolean isQueueName(String text) {
    return QUEUE.matcher(text).matches();
  }
}
