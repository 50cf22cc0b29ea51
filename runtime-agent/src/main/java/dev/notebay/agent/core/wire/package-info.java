/** Jupyter's message protocol: channels, messages, signatures, ZMTP frames. */
@NullMarked
package dev.notebay.agent.core.wire;

import org.jspecify.annotations.NullMarked;
