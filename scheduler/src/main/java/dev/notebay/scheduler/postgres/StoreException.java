package dev.notebay.scheduler.postgres;

import org.jspecify.annotations.Nullable;

/** The database refused what this program should not have asked. The caller sees INTERNAL. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreException(String message) {
    this(message, null);
  }

  StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
