package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The framing of clients that ask for none: a JSON object as text, or, with buffers, a count of
 * parts, their offsets (32 bits each, big-endian), the JSON object, and the buffers.
 */
final class LegacyFraming implements Framing {
  private static final byte[] EMPTY = Parts.utf8("{}");
  private static final int MAXIMUM_PARTS = 10_000;

  @Override
  public Frame encode(Channel channel, WireMessage message, OptionalLong sequence) {
    var json = Buffer.buffer(message.content().length + 1024);
    json.appendString("{\"header\":").appendBytes(message.header());
    MessageJson.text(message.header(), "msg_id")
        .ifPresent(id -> json.appendString(",\"msg_id\":" + Json.encode(id)));
    MessageJson.text(message.header(), "msg_type")
        .ifPresent(type -> json.appendString(",\"msg_type\":" + Json.encode(type)));
    json.appendString(",\"parent_header\":").appendBytes(message.parentHeader());
    json.appendString(",\"metadata\":").appendBytes(message.metadata());
    json.appendString(",\"content\":").appendBytes(message.content());
    json.appendString(",\"buffers\":[],\"channel\":\"" + channel.wireName() + "\"");
    sequence.ifPresent(number -> json.appendString(",\"notebay\":{\"sequence\":" + number + "}"));
    json.appendString("}");
    return message.buffers().isEmpty()
        ? new Frame.Text(json.toString(StandardCharsets.UTF_8))
        : binary(json, message.buffers());
  }

  private static Frame binary(Buffer json, List<byte[]> buffers) {
    int count = buffers.size() + 1;
    var frame = Buffer.buffer();
    frame.appendInt(count);
    int offset = 4 * (count + 1);
    frame.appendInt(offset);
    offset += json.length();
    for (byte[] buffer : buffers) {
      frame.appendInt(offset);
      offset += buffer.length;
    }
    frame.appendBuffer(json);
    buffers.forEach(frame::appendBytes);
    return new Frame.Binary(frame);
  }

  @Override
  public Addressed decode(Frame frame) {
    return switch (frame) {
      case Frame.Text(String text) -> decode(Parts.utf8(text), List.of());
      case Frame.Binary(Buffer bytes) -> decodeBinary(bytes);
    };
  }

  private static Addressed decodeBinary(Buffer bytes) {
    if (bytes.length() < 8) {
      throw new AgentException.BadMessage("binary message is truncated");
    }
    long count = bytes.getUnsignedInt(0);
    if (count < 1 || count > MAXIMUM_PARTS || 4 * (count + 1) > bytes.length()) {
      throw new AgentException.BadMessage("parts: " + count + " (expected: as many as offsets)");
    }
    List<byte[]> parts = new ArrayList<>();
    long least = 4 * (count + 1);
    for (int index = 0; index < count; index++) {
      long from = bytes.getUnsignedInt(4 * (index + 1));
      long to = index + 1 < count ? bytes.getUnsignedInt(4 * (index + 2)) : bytes.length();
      if (from < least || to < from || to > bytes.length()) {
        throw new AgentException.BadMessage("offsets of a binary message are out of order");
      }
      parts.add(bytes.getBytes((int) from, (int) to));
      least = to;
    }
    return decode(parts.getFirst(), parts.subList(1, parts.size()));
  }

  private static Addressed decode(byte[] json, List<byte[]> buffers) {
    Map<String, byte[]> members = MessageJson.members(json);
    byte[] header = members.get("header");
    if (header == null) {
      throw new AgentException.BadMessage("message has no header");
    }
    return Parts.addressed(
        MessageJson.text(json, "channel").orElse("shell"),
        header,
        object(members, "parent_header"),
        object(members, "metadata"),
        object(members, "content"),
        buffers);
  }

  private static byte[] object(Map<String, byte[]> members, String name) {
    byte[] value = members.get(name);
    return value == null || Arrays.equals(value, Parts.utf8("null")) ? EMPTY : value;
  }
}
