/** Jupyter Server's REST and WebSocket API. */
@NullMarked
package dev.notebay.agent.jupyter;

import org.jspecify.annotations.NullMarked;
