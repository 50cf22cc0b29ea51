/** The contract notebay.volume.v1 spoken over gRPC. */
@NullMarked
package dev.notebay.storage.grpc;

import org.jspecify.annotations.NullMarked;
