/** How the command line speaks to a person: lines, tables, colours, failures, exit codes. */
@NullMarked
package dev.notebay.cli.terminal;

import org.jspecify.annotations.NullMarked;
