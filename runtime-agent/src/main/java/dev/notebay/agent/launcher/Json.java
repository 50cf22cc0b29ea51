package dev.notebay.agent.launcher;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON objects from the sandbox: nothing about them is believed before it was looked at. */
final class Json {
  private Json() {}

  static Optional<JsonObject> parse(byte[] bytes) {
    try {
      return Optional.of(new JsonObject(Buffer.buffer(bytes)));
    } catch (DecodeException e) {
      return Optional.empty();
    }
  }

  /** The field, or empty text where it is no text. */
  static String text(JsonObject object, String field) {
    return object.getValue(field) instanceof String text ? text : "";
  }

  static Optional<Number> number(JsonObject object, String field) {
    return object.getValue(field) instanceof Number number ? Optional.of(number) : Optional.empty();
  }

  static long whole(JsonObject object, String field, long otherwise) {
    return number(object, field).map(Number::longValue).orElse(otherwise);
  }

  static JsonObject object(@Nullable Object value) {
    return value instanceof JsonObject object ? object : new JsonObject();
  }

  static byte[] bytes(JsonObject object) {
    return object.encode().getBytes(StandardCharsets.UTF_8);
  }
}
