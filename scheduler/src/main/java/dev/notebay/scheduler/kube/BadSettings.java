package dev.notebay.scheduler.kube;

/** The cluster's settings are wrong; the message names field, value, and what would be right. */
public final class BadSettings extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadSettings(String message) {
    super(message);
  }

  BadSettings(String message, Throwable cause) {
    super(message, cause);
  }
}
