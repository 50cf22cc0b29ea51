/** Rankings from the literature, to compare with. */
@NullMarked
package dev.notebay.simulator.ranking;

import org.jspecify.annotations.NullMarked;
