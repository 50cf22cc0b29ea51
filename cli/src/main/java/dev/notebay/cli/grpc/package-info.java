/** The scheduler and the storage gateway as the command line calls them. */
@NullMarked
package dev.notebay.cli.grpc;

import org.jspecify.annotations.NullMarked;
