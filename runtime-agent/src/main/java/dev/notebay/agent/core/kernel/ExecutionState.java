package dev.notebay.agent.core.kernel;

import java.util.Locale;

/** What a kernel does, in the words of Jupyter Server's kernel model. */
public enum ExecutionState {
  STARTING,
  IDLE,
  BUSY,
  RESTARTING,
  AUTORESTARTING,
  DEAD;

  /** As Jupyter Server writes it. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
