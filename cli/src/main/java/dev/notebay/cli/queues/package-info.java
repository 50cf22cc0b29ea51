/** Queues as operators write them down. */
@NullMarked
package dev.notebay.cli.queues;

import org.jspecify.annotations.NullMarked;
