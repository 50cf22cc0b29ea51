package dev.notebay.storage.core.volume;

import java.util.UUID;

/** The caller's own id of a request, by which doing it twice is doing it once. */
public record RequestId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
