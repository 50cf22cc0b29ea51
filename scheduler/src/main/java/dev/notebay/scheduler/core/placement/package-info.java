/** Where a session goes: from a snapshot of the fleet and the queue to decisions. */
@NullMarked
package dev.notebay.scheduler.core.placement;

import org.jspecify.annotations.NullMarked;
