/** One time for all replicas. */
@NullMarked
package dev.notebay.scheduler.core.time;

import org.jspecify.annotations.NullMarked;
