package dev.notebay.cli.jupyter;

import java.io.IOException;

/** A Jupyter Server's refusal. */
public final class JupyterException extends IOException {
  private final int status;

  JupyterException(int status, String message) {
    super("HTTP " + status + (message.isEmpty() ? "" : ": " + message));
    this.status = status;
  }

  public int status() {
    return status;
  }
}
