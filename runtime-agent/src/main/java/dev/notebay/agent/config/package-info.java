/** What the agent is told, and how its parts are put together. */
@NullMarked
package dev.notebay.agent.config;

import org.jspecify.annotations.NullMarked;
