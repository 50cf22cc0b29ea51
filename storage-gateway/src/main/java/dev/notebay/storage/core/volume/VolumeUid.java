package dev.notebay.storage.core.volume;

import java.util.UUID;

/** What a volume is called where nobody outside chooses: in the database and on disk. */
public record VolumeUid(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
