package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What both framings check of a message that a client sent. */
final class Parts {
  private Parts() {}

  static Framing.Addressed addressed(
      String channel,
      byte[] header,
      byte[] parentHeader,
      byte[] metadata,
      byte[] content,
      List<byte[]> buffers) {
    Channel to =
        switch (channel) {
          case "shell" -> Channel.SHELL;
          case "control" -> Channel.CONTROL;
          case "stdin" -> Channel.STDIN;
          default ->
              throw new AgentException.BadMessage(
                  "channel: " + channel + " (expected: shell, control or stdin)");
        };
    if (!MessageJson.isObject(header)
        || !MessageJson.isObject(parentHeader)
        || !MessageJson.isObject(metadata)
        || !MessageJson.isObject(content)) {
      throw new AgentException.BadMessage(
          "header, parent_header, metadata and content must be JSON objects");
    }
    return new Framing.Addressed(
        to, new WireMessage(header, parentHeader, metadata, content, buffers));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
