package dev.notebay.agent.jupyter;

import org.jspecify.annotations.Nullable;

/** A request that this API itself refuses. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  Refusal(int status, String message, String reason) {
    super(message, null, false, false);
    this.status = status;
    this.reason = reason;
  }

  static Refusal badRequest(String field, @Nullable Object value, String expected) {
    String text = String.valueOf(value);
    String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
    return new Refusal(400, field + ": " + shown + " (expected: " + expected + ")", "Bad Request");
  }

  static Refusal notFound(String path) {
    return new Refusal(404, "no such resource: " + path, "Not Found");
  }

  /** The same for no token, a bad one, and another person's. */
  static Refusal forbidden() {
    return new Refusal(403, "Forbidden", "Forbidden");
  }

  int status() {
    return status;
  }

  String reason() {
    return reason;
  }
}
