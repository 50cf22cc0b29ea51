package dev.notebay.storage.core.volume;

/** Who may have a volume mounted at once. */
public enum AccessMode {
  /** Any number of the owner's sessions. */
  MULTI_WRITER,
  /** One session. */
  SINGLE_WRITER
}
