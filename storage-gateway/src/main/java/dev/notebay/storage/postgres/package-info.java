/** Volumes and mounts in PostgreSQL. */
@NullMarked
package dev.notebay.storage.postgres;

import org.jspecify.annotations.NullMarked;
