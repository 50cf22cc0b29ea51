/** What makes a placed session run, and the link to what runs. */
@NullMarked
package dev.notebay.scheduler.core.launch;

import org.jspecify.annotations.NullMarked;
