/** Runs queues of sessions through the scheduler's queue engine in virtual time. */
@NullMarked
package dev.notebay.simulator.queue;

import org.jspecify.annotations.NullMarked;
