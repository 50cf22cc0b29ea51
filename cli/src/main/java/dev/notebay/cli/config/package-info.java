/** What the command line reads from its environment, and the only place that reads a clock. */
@NullMarked
package dev.notebay.cli.config;

import org.jspecify.annotations.NullMarked;
