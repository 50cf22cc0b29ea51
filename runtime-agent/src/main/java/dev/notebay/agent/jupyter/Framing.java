package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.buffer.Buffer;
import java.util.OptionalLong;

/** How a message lies in a WebSocket message. */
sealed interface Framing permits LegacyFraming, V1Framing {
  /** A WebSocket message. */
  sealed interface Frame {
    int size();

    record Text(String text) implements Frame {
      @Override
      public int size() {
        return text.length();
      }
    }

    record Binary(Buffer bytes) implements Frame {
      @Override
      public int size() {
        return bytes.length();
      }
    }
  }

  /** A message of a client and the channel it is for. */
  record Addressed(Channel channel, WireMessage message) {}

  /**
   * @param sequence the message's place in the journal, where the client asked to be told
   */
  Frame encode(Channel channel, WireMessage message, OptionalLong sequence);

  /**
   * @throws dev.notebay.agent.core.kernel.AgentException.BadMessage for anything malformed
   */
  Addressed decode(Frame frame);
}
