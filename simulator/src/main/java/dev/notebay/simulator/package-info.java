/** Replays workloads through the scheduler's core in virtual time. */
@NullMarked
package dev.notebay.simulator;

import org.jspecify.annotations.NullMarked;
