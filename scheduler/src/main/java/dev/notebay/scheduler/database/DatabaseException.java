package dev.notebay.scheduler.database;

import org.jspecify.annotations.Nullable;

/** The embedded PostgreSQL cannot be had; the message says why and what to do. */
public final class DatabaseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DatabaseException(String message) {
    this(message, null);
  }

  DatabaseException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
