package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Duration;

/** How far the start of a runtime is. The phases follow each other; each has its own time. */
public enum StartPhase {
  /** It is being given to its node. */
  SCHEDULING(Duration.ofMinutes(2), EndReason.START_TIMEOUT, "it has not reached its node"),
  /** Its volume is being attached and mounted. */
  VOLUME(Duration.ofMinutes(7), EndReason.VOLUME_UNAVAILABLE, "its volume cannot be mounted"),
  /** Its images are being pulled. */
  IMAGE(Duration.ofMinutes(10), EndReason.IMAGE_UNAVAILABLE, "its image cannot be pulled"),
  /** Its containers are being made. */
  CONTAINER(Duration.ofMinutes(2), EndReason.START_TIMEOUT, "its containers do not start"),
  /** Its agent runs, and asks for its session. */
  CLAIM(Duration.ofMinutes(2), EndReason.START_TIMEOUT, "its agent has not reached the scheduler"),
  /** Its first kernel starts. */
  KERNEL(Duration.ofMinutes(2), EndReason.START_TIMEOUT, "its Jupyter server does not answer");

  private final Duration limit;
  private final EndReason overdue;
  private final String trouble;

  StartPhase(Duration limit, EndReason overdue, String trouble) {
    this.limit = limit;
    this.overdue = overdue;
    this.trouble = trouble;
  }

  /**
   * How long it may take. Seven minutes for a volume are more than the six after which Kubernetes
   * takes one from a node that is gone.
   */
  public Duration limit() {
    return limit;
  }

  /** Why a session ends whose start takes longer. */
  public EndReason overdue() {
    return overdue;
  }

  /** What then is wrong, for people. */
  public String trouble() {
    return trouble;
  }
}
