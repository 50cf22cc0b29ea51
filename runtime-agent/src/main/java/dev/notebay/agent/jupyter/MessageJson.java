package dev.notebay.agent.jupyter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.wire.WireMessage;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads of a JSON object what is needed and leaves the rest as the bytes that came. */
final class MessageJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              com.fasterxml.jackson.core.StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(500)
                  .build())
          .build();

  private MessageJson() {}

  /** How many bytes a message has. */
  static long length(WireMessage message) {
    return (long) message.header().length
        + message.parentHeader().length
        + message.metadata().length
        + message.content().length
        + message.buffers().stream().mapToLong(buffer -> buffer.length).sum();
  }

  /** The members of an object, each as the bytes of its value. */
  static Map<String, byte[]> members(byte[] json) {
    Map<String, byte[]> members = new LinkedHashMap<>();
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new AgentException.BadMessage("message is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        // A string is read lazily: finish it, so that the location lies behind it.
        parser.finishToken();
        int to = (int) parser.currentLocation().getByteOffset();
        members.put(name, Arrays.copyOfRange(json, from, to));
      }
      if (parser.nextToken() != null) {
        throw new AgentException.BadMessage("something follows the message");
      }
      return members;
    } catch (IOException malformed) {
      throw new AgentException.BadMessage("message is not valid JSON");
    }
  }

  /** Whether the bytes are one JSON object and nothing else. */
  static boolean isObject(byte[] json) {
    try {
      members(json);
      return true;
    } catch (AgentException.BadMessage malformed) {
      return false;
    }
  }

  /** A text member of an object; empty where there is none or the bytes are not an object. */
  static Optional<String> text(byte[] json, String name) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean wanted = parser.currentName().equals(name);
        JsonToken value = parser.nextToken();
        if (wanted) {
          return value == JsonToken.VALUE_STRING ? Optional.of(parser.getText()) : Optional.empty();
        }
        parser.skipChildren();
      }
      return Optional.empty();
    } catch (IOException malformed) {
      return Optional.empty();
    }
  }
}
