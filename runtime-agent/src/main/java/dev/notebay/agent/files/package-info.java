/** What the agent keeps on disk: journals and what it must know again after a restart. */
@NullMarked
package dev.notebay.agent.files;

import org.jspecify.annotations.NullMarked;
