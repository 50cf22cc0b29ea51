package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Duration;

/**
 * How far the start of a runtime is. Each phase has its own time; the kernels' image may be pulled
 * only after the claim, so that phase may come twice.
 */
public enum StartPhase {
  /** It is being given to its node. */
  SCHEDULING(
      "Scheduling",
      Duration.ofMinutes(2),
      EndReason.START_TIMEOUT,
      "its pod is given to its node",
      "it has not reached its node"),
  /** Its volume is being attached and mounted. */
  VOLUME(
      "MountingVolumes",
      Duration.ofMinutes(7),
      EndReason.VOLUME_UNAVAILABLE,
      "its volumes are attached and mounted",
      "its volume cannot be mounted"),
  /** Its images are being pulled. */
  IMAGE(
      "PullingImage",
      Duration.ofMinutes(10),
      EndReason.IMAGE_UNAVAILABLE,
      "its image is pulled",
      "its image cannot be pulled"),
  /** Its containers are being made. */
  CONTAINER(
      "CreatingContainers",
      Duration.ofMinutes(2),
      EndReason.START_TIMEOUT,
      "its containers are made",
      "its containers do not start"),
  /** Its agent runs, and asks for its session. */
  CLAIM(
      "AwaitingClaim",
      Duration.ofMinutes(2),
      EndReason.START_TIMEOUT,
      "its agent asks for its session",
      "its agent has not reached the scheduler"),
  /** Its first kernel starts. */
  KERNEL(
      "StartingKernel",
      Duration.ofMinutes(2),
      EndReason.START_TIMEOUT,
      "its Jupyter server starts",
      "its Jupyter server does not answer");

  private final String reason;
  private final Duration limit;
  private final EndReason overdue;
  private final String doing;
  private final String trouble;

  StartPhase(String reason, Duration limit, EndReason overdue, String doing, String trouble) {
    this.reason = reason;
    this.limit = limit;
    this.overdue = overdue;
    this.doing = doing;
    this.trouble = trouble;
  }

  /** What conditions give as their reason while it lasts: stable, and CamelCase. */
  public String reason() {
    return reason;
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

  /** What happens in it, for people. */
  public String doing() {
    return doing;
  }

  /** What is wrong where it takes longer, for people. */
  public String trouble() {
    return trouble;
  }
}
