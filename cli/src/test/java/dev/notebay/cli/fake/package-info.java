/** Stand-ins for what the command line talks to. */
@NullMarked
package dev.notebay.cli.fake;

import org.jspecify.annotations.NullMarked;
