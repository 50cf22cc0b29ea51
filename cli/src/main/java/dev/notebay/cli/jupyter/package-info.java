/** A session's Jupyter Server API as a client sees it. */
@NullMarked
package dev.notebay.cli.jupyter;

import org.jspecify.annotations.NullMarked;
