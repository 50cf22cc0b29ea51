/** Measures quality and speed of placement against fixed bars. */
@NullMarked
package dev.notebay.simulator.bench;

import org.jspecify.annotations.NullMarked;
