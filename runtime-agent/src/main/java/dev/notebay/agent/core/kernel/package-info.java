/** Kernels of a session: what state they are in, what can be asked of them, why one died. */
@NullMarked
package dev.notebay.agent.core.kernel;

import org.jspecify.annotations.NullMarked;
