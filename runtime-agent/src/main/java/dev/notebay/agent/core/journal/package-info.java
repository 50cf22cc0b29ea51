/** The durable log of all that kernels said. */
@NullMarked
package dev.notebay.agent.core.journal;

import org.jspecify.annotations.NullMarked;
