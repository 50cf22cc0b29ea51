package dev.notebay.agent.core.activity;

import java.time.Duration;

/** What the scheduler tells the agent. */
public interface Directives {
  /** The session may be served: it is {@code owner}'s. */
  void claimed(String owner, Terms terms);

  /** The terms have changed. */
  void changed(Terms terms);

  /** The runtime must end. */
  void stop(String reason, String message, Duration grace);

  /** The runtime is not, or no longer, this session's: it must end and touch nothing. */
  void refused(String message);
}
