/** The commands themselves. */
@NullMarked
package dev.notebay.cli.command;

import org.jspecify.annotations.NullMarked;
