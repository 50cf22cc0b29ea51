/** Lets pods arrive at a fleet one at a time, and watches what becomes of it. */
@NullMarked
package dev.notebay.simulator.replay;

import org.jspecify.annotations.NullMarked;
