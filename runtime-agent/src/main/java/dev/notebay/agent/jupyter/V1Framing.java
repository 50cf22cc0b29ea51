package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Subprotocol {@code v1.kernel.websocket.jupyter.org}: the number of offsets and the offsets (64
 * bits each, little-endian), then channel, header, parent header, metadata, content and buffers;
 * the last offset is the message's length.
 */
final class V1Framing implements Framing {
  static final String PROTOCOL = "v1.kernel.websocket.jupyter.org";

  private static final int FIXED_PARTS = 5;
  private static final int MAXIMUM_OFFSETS = 10_000;

  @Override
  public Frame encode(Channel channel, WireMessage message, OptionalLong sequence) {
    List<byte[]> parts = new ArrayList<>();
    parts.add(Parts.utf8(channel.wireName()));
    parts.add(
        sequence.isPresent() ? numbered(message.header(), sequence.getAsLong()) : message.header());
    parts.add(message.parentHeader());
    parts.add(message.metadata());
    parts.add(message.content());
    parts.addAll(message.buffers());
    int count = parts.size() + 1;
    long offset = 8L * (1 + count);
    long length = offset + parts.stream().mapToLong(part -> part.length).sum();
    var frame = Buffer.buffer((int) length);
    frame.appendLongLE(count);
    frame.appendLongLE(offset);
    for (byte[] part : parts) {
      offset += part.length;
      frame.appendLongLE(offset);
    }
    parts.forEach(frame::appendBytes);
    return new Frame.Binary(frame);
  }

  /** Adds a member to the header, which has room for it where the framing itself has none. */
  private static byte[] numbered(byte[] header, long sequence) {
    if (!MessageJson.isObject(header)) {
      return header;
    }
    int rest = 1;
    while (header[rest - 1] != '{') {
      rest++;
    }
    return Buffer.buffer(header.length + 40)
        .appendString("{\"notebay_sequence\":" + sequence)
        .appendString(MessageJson.members(header).isEmpty() ? "" : ",")
        .appendBytes(header, rest, header.length - rest)
        .getBytes();
  }

  @Override
  public Addressed decode(Frame frame) {
    if (!(frame instanceof Frame.Binary(Buffer bytes))) {
      throw new AgentException.BadMessage("text message (expected: binary, as " + PROTOCOL + ")");
    }
    if (bytes.length() < 8) {
      throw new AgentException.BadMessage("message is truncated");
    }
    long count = bytes.getLongLE(0);
    if (count < FIXED_PARTS + 1 || count > MAXIMUM_OFFSETS || 8 * (1 + count) > bytes.length()) {
      throw new AgentException.BadMessage("offsets: " + count + " (expected: at least 6)");
    }
    List<byte[]> parts = new ArrayList<>();
    for (int index = 0; index + 1 < count; index++) {
      long from = bytes.getLongLE(8 * (index + 1));
      long to = bytes.getLongLE(8 * (index + 2));
      if (from < 8 * (1 + count) || to < from || to > bytes.length()) {
        throw new AgentException.BadMessage("offsets are out of order");
      }
      parts.add(bytes.getBytes((int) from, (int) to));
    }
    return Parts.addressed(
        new String(parts.getFirst(), StandardCharsets.UTF_8),
        parts.get(1),
        parts.get(2),
        parts.get(3),
        parts.get(4),
        parts.subList(FIXED_PARTS, parts.size()));
  }
}
