package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;

/**
 * Notices about the session as messages on IOPub that no kernel said. Each comes twice: as {@code
 * notebay_notice} for programs, and as a {@code stream} without a parent for stock clients, which
 * show it in their log. What becomes of a kernel is in its journal and not said here.
 */
final class Notices {
  private static final byte[] NONE = Parts.utf8("{}");

  private final AgentClock clock;
  private final String session = UUID.randomUUID().toString();

  Notices(AgentClock clock) {
    this.clock = clock;
  }

  List<WireMessage> messages(Notice notice) {
    var content = new JsonObject().put("kind", notice.kind()).put("message", notice.message());
    notice.time().ifPresent(time -> content.put("stop_time", Timestamps.format(time)));
    switch (notice) {
      case Notice.EndIsNear near -> content.put("cause", near.cause().name());
      case Notice.Ends ends -> content.put("reason", ends.reason());
      case Notice.EndPostponed _ -> {}
    }
    return List.of(message("notebay_notice", content), stream("Notebay: " + notice.message()));
  }

  private WireMessage stream(String text) {
    return message("stream", new JsonObject().put("name", "stderr").put("text", text + "\n"));
  }

  private WireMessage message(String type, JsonObject content) {
    var header =
        new JsonObject()
            .put("msg_id", UUID.randomUUID().toString())
            .put("msg_type", type)
            .put("username", "notebay")
            .put("session", session)
            .put("date", Timestamps.format(clock.now()))
            .put("version", "5.3");
    return new WireMessage(
        header.toBuffer().getBytes(), NONE, NONE, content.toBuffer().getBytes(), List.of());
  }
}
