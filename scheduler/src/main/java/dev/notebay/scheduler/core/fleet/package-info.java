/** Nodes and devices, what they have and what is free of it. */
@NullMarked
package dev.notebay.scheduler.core.fleet;

import org.jspecify.annotations.NullMarked;
