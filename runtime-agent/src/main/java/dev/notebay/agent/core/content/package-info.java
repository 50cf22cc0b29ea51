/** The session's files, as the Jupyter contents API shows them. */
@NullMarked
package dev.notebay.agent.core.content;

import org.jspecify.annotations.NullMarked;
