/** What a session is, how it changes, and the store that keeps it. */
@NullMarked
package dev.notebay.scheduler.core.session;

import org.jspecify.annotations.NullMarked;
