/** The pure core of the scheduler: no framework, no I/O, no clock of its own. */
@NullMarked
package dev.notebay.scheduler.core;

import org.jspecify.annotations.NullMarked;
