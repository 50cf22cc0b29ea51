/** The gRPC services, and their translation to and from the core. */
@NullMarked
package dev.notebay.scheduler.grpc;

import org.jspecify.annotations.NullMarked;
