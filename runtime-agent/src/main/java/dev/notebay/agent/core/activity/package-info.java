/** The idle contract: what counts as active, and when a session is cut. */
@NullMarked
package dev.notebay.agent.core.activity;

import org.jspecify.annotations.NullMarked;
