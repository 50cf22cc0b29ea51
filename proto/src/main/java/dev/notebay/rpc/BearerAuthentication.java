package dev.notebay.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets a call through only with a bearer token that proves its {@link Caller}. Health and
 * reflection are open: they tell nothing about anybody.
 */
public final class BearerAuthentication implements ServerInterceptor {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final String SCHEME = "Bearer ";
  private static final Set<String> OPEN_SERVICES =
      Set.of(
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection");

  private final Map<String, Authenticator> ofService;
  private final Authenticator everywhereElse;

  /**
   * @param ofService authenticators by full service name, for services that trust other tokens than
   *     the rest
   * @param everywhereElse the authenticator of all other services; whom it accepts is remembered
   *     for a few seconds
   */
  public BearerAuthentication(Map<String, Authenticator> ofService, Authenticator everywhereElse) {
    this.ofService = Map.copyOf(ofService);
    this.everywhereElse = new RecentTokens(everywhereElse, System::nanoTime);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String service = call.getMethodDescriptor().getServiceName();
    if (service != null && OPEN_SERVICES.contains(service)) {
      return next.startCall(call, headers);
    }
    Optional<Caller> caller;
    try {
      caller =
          bearerToken(headers.get(AUTHORIZATION))
              .flatMap(ofService.getOrDefault(service, everywhereElse)::authenticate);
    } catch (StatusRuntimeException undecided) {
      return closed(call, undecided);
    }
    if (caller.isEmpty()) {
      var refusal =
          ErrorStatus.of(
                  Status.Code.UNAUTHENTICATED,
                  "TOKEN_NOT_ACCEPTED",
                  "no valid token (expected: metadata 'authorization: Bearer <token>')")
              .toException();
      return closed(call, refusal);
    }
    return Contexts.interceptCall(caller.get().in(Context.current()), call, headers, next);
  }

  private static <Q, A> ServerCall.Listener<Q> closed(
      ServerCall<Q, A> call, StatusRuntimeException why) {
    Metadata trailers = why.getTrailers();
    call.close(why.getStatus(), trailers == null ? new Metadata() : trailers);
    return new ServerCall.Listener<>() {};
  }

  private static Optional<String> bearerToken(@Nullable String header) {
    return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? Optional.of(header.substring(SCHEME.length()).strip())
        : Optional.empty();
  }
}
