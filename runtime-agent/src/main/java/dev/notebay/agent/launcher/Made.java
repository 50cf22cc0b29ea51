package dev.notebay.agent.launcher;

import dev.notebay.agent.core.kernel.Requests;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Messages that the agent makes: to a kernel, or to clients in a kernel's place. */
final class Made {
  static final byte[] NO_PARENT = {'{', '}'};

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final String session = UUID.randomUUID().toString();

  WireMessage message(String type, byte[] parent, JsonObject content, Instant now) {
    JsonObject header =
        new JsonObject()
            .put("msg_id", UUID.randomUUID().toString())
            .put("session", session)
            .put("username", "notebay")
            .put("date", DATE.format(now))
            .put("msg_type", type)
            .put("version", "5.3");
    return new WireMessage(Json.bytes(header), parent, NO_PARENT, Json.bytes(content), List.of());
  }

  WireMessage status(String state, byte[] parent, Instant now) {
    return message("status", parent, new JsonObject().put("execution_state", state), now);
  }

  WireMessage stderr(String text, byte[] parent, Instant now) {
    return message("stream", parent, new JsonObject().put("name", "stderr").put("text", text), now);
  }

  WireMessage shutdownRequest(boolean restart, Instant now) {
    return message("shutdown_request", NO_PARENT, new JsonObject().put("restart", restart), now);
  }

  /** What a request gets that its kernel will not answer any more. */
  WireMessage reply(Requests.Request request, String reason, Instant now) {
    JsonObject content =
        new JsonObject()
            .put("status", request.begun() ? "error" : "aborted")
            .put("ename", "DeadKernelError")
            .put("evalue", reason)
            .put("traceback", new JsonArray().add("DeadKernelError: " + reason));
    if (request.isExecute()) {
      content.put("execution_count", 0).put("user_expressions", new JsonObject());
    }
    String type = request.type().substring(0, request.type().length() - "request".length());
    return message(type + "reply", request.header(), content, now);
  }
}
