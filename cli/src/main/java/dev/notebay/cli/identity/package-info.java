/** Who the user of this machine is to Notebay: its keys and tokens. */
@NullMarked
package dev.notebay.cli.identity;

import org.jspecify.annotations.NullMarked;
