/**
 * Runtimes as processes of this machine: a directory, a supervisor, an agent and a sandbox each.
 */
@NullMarked
package dev.notebay.scheduler.local;

import org.jspecify.annotations.NullMarked;
