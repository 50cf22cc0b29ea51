package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;

/**
 * Messages on IOPub that no kernel said: that a kernel died or is started again, as Jupyter Server
 * says it, and notices about the session. Each notice comes twice: as {@code notebay_notice} for
 * programs, and as a {@code stream} without a parent for stock clients, which show it in their log.
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

  /** What clients must be told of a kernel's state because the kernel itself cannot. */
  List<WireMessage> messages(KernelView kernel) {
    return switch (kernel.state()) {
      case DEAD -> {
        WireMessage status = status("dead");
        yield kernel
            .death()
            .map(why -> List.of(stream("Notebay: the kernel died: " + why), status))
            .orElse(List.of(status));
      }
      case RESTARTING, AUTORESTARTING -> List.of(status("restarting"));
      case STARTING, IDLE, BUSY -> List.of();
    };
  }

  private WireMessage status(String state) {
    return message("status", new JsonObject().put("execution_state", state));
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
