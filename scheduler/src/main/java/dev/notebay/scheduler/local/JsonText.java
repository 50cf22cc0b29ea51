package dev.notebay.scheduler.local;

import jakarta.json.spi.JsonProvider;

/**
 * JSON, by a provider that is looked up once: {@code jakarta.json.Json} looks it up at every call.
 */
final class JsonText {
  static final JsonProvider JSON = JsonProvider.provider();

  private JsonText() {}
}
