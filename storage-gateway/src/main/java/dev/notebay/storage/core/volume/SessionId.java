package dev.notebay.storage.core.volume;

import java.util.UUID;

/** A session, as the scheduler calls it. */
public record SessionId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
