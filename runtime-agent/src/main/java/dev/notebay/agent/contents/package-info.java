/** The session's files on disk, reached without ever following a link out of them. */
@NullMarked
package dev.notebay.agent.contents;

import org.jspecify.annotations.NullMarked;
