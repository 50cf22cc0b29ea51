/** Which replica leads, and how a deposed one is kept from writing. */
@NullMarked
package dev.notebay.scheduler.core.leader;

import org.jspecify.annotations.NullMarked;
