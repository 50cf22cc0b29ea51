package dev.notebay.rpc;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Sends a token with every call; it is asked for anew each time, so that it may be renewed. A call
 * whose token cannot be had fails with what the supplier said.
 */
public final class BearerToken extends CallCredentials {
  private final Supplier<String> token;

  public BearerToken(Supplier<String> token) {
    this.token = token;
  }

  @Override
  public void applyRequestMetadata(
      RequestInfo request, Executor executor, MetadataApplier applier) {
    var headers = new Metadata();
    try {
      headers.put(BearerAuthentication.AUTHORIZATION, "Bearer " + token.get());
    } catch (RuntimeException failure) {
      applier.fail(Status.UNAUTHENTICATED.withDescription(failure.getMessage()).withCause(failure));
      return;
    }
    applier.apply(headers);
  }
}
