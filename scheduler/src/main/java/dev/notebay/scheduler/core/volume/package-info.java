/** What the scheduler asks of the storage gateway. */
@NullMarked
package dev.notebay.scheduler.core.volume;

import org.jspecify.annotations.NullMarked;
