package dev.notebay.cli.jupyter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A message of Jupyter's protocol, in the WebSocket's JSON framing.
 *
 * @param sequence its place in the kernel's journal, where the server says so
 */
public record KernelMessage(
    String channel,
    JsonNode header,
    JsonNode parent,
    JsonNode metadata,
    JsonNode content,
    OptionalLong sequence) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROTOCOL = "5.3";

  /** A request of this client. */
  public static KernelMessage request(
      String channel, String type, String session, Instant now, ObjectNode content) {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    header.put("msg_id", UUID.randomUUID().toString());
    header.put("msg_type", type);
    header.put("session", session);
    header.put("username", "notebay");
    header.put("date", now.toString());
    header.put("version", PROTOCOL);
    var nothing = JsonNodeFactory.instance.objectNode();
    return new KernelMessage(
        channel, header, nothing, nothing.deepCopy(), content, OptionalLong.empty());
  }

  /** Reads what came over the WebSocket; empty object nodes stand for what is missing. */
  static KernelMessage parse(String text) throws JsonProcessingException {
    JsonNode root = JSON.readTree(text);
    JsonNode sequence = root.path("notebay").path("sequence");
    return new KernelMessage(
        root.path("channel").asText(),
        root.path("header"),
        root.path("parent_header"),
        root.path("metadata"),
        root.path("content"),
        sequence.isIntegralNumber() ? OptionalLong.of(sequence.longValue()) : OptionalLong.empty());
  }

  String toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("channel", channel);
    root.set("header", header);
    root.set("parent_header", parent);
    root.set("metadata", metadata);
    root.set("content", content);
    root.putArray("buffers");
    return root.toString();
  }

  /** The answer to this message, which asked for something on the same channel. */
  public KernelMessage answer(String type, String session, Instant now, ObjectNode content) {
    KernelMessage plain = request(channel, type, session, now, content);
    return new KernelMessage(
        channel, plain.header, header, plain.metadata, content, OptionalLong.empty());
  }

  public String id() {
    return header.path("msg_id").asText();
  }

  public String type() {
    return header.path("msg_type").asText();
  }

  public String parentId() {
    return parent.path("msg_id").asText();
  }

  /** When its sender wrote it. */
  public String date() {
    return header.path("date").asText();
  }
}
