/** Calls on services that come and go. */
@NullMarked
package dev.notebay.cli.grpc;

import org.jspecify.annotations.NullMarked;
