/** The link to the scheduler. */
@NullMarked
package dev.notebay.agent.control;

import org.jspecify.annotations.NullMarked;
