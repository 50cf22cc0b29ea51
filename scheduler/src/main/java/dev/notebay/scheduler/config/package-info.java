/** Settings, wiring, and the life of the process. */
@NullMarked
package dev.notebay.scheduler.config;

import org.jspecify.annotations.NullMarked;
