/** Breaks the control plane on purpose, one rule at a time, to measure what the simulator finds. */
@NullMarked
package dev.notebay.reliability.planted;

import org.jspecify.annotations.NullMarked;
