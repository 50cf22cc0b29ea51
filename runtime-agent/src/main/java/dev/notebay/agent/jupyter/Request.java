package dev.notebay.agent.jupyter;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A request that was let in.
 *
 * @param path the decoded names of its path
 * @param memory what the body takes, and what the answer will
 */
record Request(
    String method, List<String> path, MultiMap query, Buffer body, ByteBudget.Share memory) {
  private static final Duration MEMORY_AWAITED = Duration.ofSeconds(5);

  /** Makes sure that there is memory for so much more. */
  void willNeed(long bytes) {
    try {
      if (memory.grow(bytes, MEMORY_AWAITED)) {
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    throw new Refusal(503, "too much at once", "Service Unavailable");
  }

  /** The body's bytes, not copied where that can be. */
  byte[] bytes() {
    var inner = body.getByteBuf();
    boolean whole =
        inner.hasArray()
            && inner.arrayOffset() == 0
            && inner.readerIndex() == 0
            && inner.array().length == body.length();
    return whole ? inner.array() : body.getBytes();
  }

  /** Reads a path's names; {@code %2F} inside of one does not separate names. */
  static List<String> names(String rawPath) {
    List<String> names = new ArrayList<>();
    for (String part : rawPath.split("/", -1)) {
      if (!part.isEmpty()) {
        names.add(decode(part));
      }
    }
    return names;
  }

  private static String decode(String part) {
    try {
      // URLDecoder would read a plus as a space, which it is only in a query.
      return java.net.URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw Refusal.badRequest("path", part, "percent-encoded UTF-8");
    }
  }

  /** The body as an object; an absent one is an empty object. */
  JsonObject json() {
    if (body.length() == 0) {
      return new JsonObject();
    }
    try {
      return body.toJsonObject();
    } catch (DecodeException | ClassCastException malformed) {
      throw new Refusal(400, "Invalid JSON in body of request", "Bad Request");
    }
  }

  /** A text in the body's object; empty where it is missing or null. */
  static Optional<String> text(JsonObject json, String key) {
    Object value = json.getValue(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text) {
      return Optional.of(text);
    }
    throw Refusal.badRequest(key, value, "a string");
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(query.get(name));
  }

  OptionalLong number(String name) {
    String text = query.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    return number(name, text);
  }

  static OptionalLong number(String name, String text) {
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return OptionalLong.of(value);
      }
    } catch (NumberFormatException malformed) {
      // Refused below, as a negative number is.
    }
    throw Refusal.badRequest(name, text, "a number >= 0");
  }
}
