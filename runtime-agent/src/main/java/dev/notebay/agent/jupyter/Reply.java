package dev.notebay.agent.jupyter;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** An HTTP answer. */
record Reply(int status, Map<String, String> headers, Buffer body) {
  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

  static Reply json(int status, JsonObject body) {
    return new Reply(status, JSON, body.toBuffer());
  }

  static Reply json(JsonArray body) {
    return new Reply(200, JSON, body.toBuffer());
  }

  static Reply json(JsonObject body) {
    return json(200, body);
  }

  static Reply created(String location, JsonObject body) {
    return new Reply(
        201, Map.of("Content-Type", "application/json", "Location", location), body.toBuffer());
  }

  static Reply noContent() {
    return new Reply(204, Map.of(), Buffer.buffer());
  }

  static Reply text(int status, String text) {
    return new Reply(
        status, Map.of("Content-Type", "text/plain; charset=utf-8"), Buffer.buffer(text));
  }

  /** An error as Jupyter Server writes it. */
  static Reply error(int status, String message, String reason) {
    JsonObject body = new JsonObject().put("message", message).put("reason", reason);
    return status == 503
        ? new Reply(
            503, Map.of("Content-Type", "application/json", "Retry-After", "1"), body.toBuffer())
        : json(status, body);
  }
}
