/** The client of the storage gateway. */
@NullMarked
package dev.notebay.scheduler.storage;

import org.jspecify.annotations.NullMarked;
