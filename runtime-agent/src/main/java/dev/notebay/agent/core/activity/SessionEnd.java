package dev.notebay.agent.core.activity;

import java.time.Duration;

/** Ends the runtime. */
public interface SessionEnd {
  /**
   * Stops the kernels and this program, once; further calls do nothing. Returns at once.
   *
   * @param reason for programs, for instance {@code MAX_LIFETIME}
   * @param message for people
   * @param grace how long kernels may take to end by themselves
   */
  void end(String reason, String message, Duration grace);
}
