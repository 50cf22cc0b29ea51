package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.session.SessionState;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;

/** Where a session is in its life, as far as its owner is told. */
public enum Phase {
  QUEUED,
  STARTING,
  RUNNING,
  STOPPING,
  ENDED;

  public static Phase of(SessionState state) {
    return switch (state) {
      case Queued _ -> QUEUED;
      case Starting _ -> STARTING;
      case Running _ -> RUNNING;
      case Stopping _ -> STOPPING;
      case Ended _ -> ENDED;
    };
  }

  /**
   * @param label as {@link SessionState#label()} has it
   */
  public static Phase labelled(String label) {
    return switch (label) {
      case "STOPPED", "FAILED" -> ENDED;
      default -> valueOf(label);
    };
  }

  boolean isEnding() {
    return this == STOPPING || this == ENDED;
  }
}
