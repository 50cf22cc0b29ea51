/** Reads the node and pod lists of the openb trace, and makes arrivals of them. */
@NullMarked
package dev.notebay.simulator.openb;

import org.jspecify.annotations.NullMarked;
