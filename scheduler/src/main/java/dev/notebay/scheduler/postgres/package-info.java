/** The scheduler's truth in PostgreSQL. */
@NullMarked
package dev.notebay.scheduler.postgres;

import org.jspecify.annotations.NullMarked;
