package dev.notebay.agent.core.wire;

import java.util.Locale;

/** A channel of Jupyter's message protocol. */
public enum Channel {
  SHELL,
  CONTROL,
  STDIN,
  IOPUB;

  /** As it is written in WebSocket messages. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
