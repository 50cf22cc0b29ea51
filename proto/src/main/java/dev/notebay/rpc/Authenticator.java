package dev.notebay.rpc;

import java.util.Optional;

/** Tells who holds a token. */
@FunctionalInterface
public interface Authenticator {
  /**
   * The holder of {@code token}, or empty where it proves nothing (malformed, expired, wrongly
   * signed, for somebody else). Must not say which: a caller learns only that it is not accepted.
   *
   * @throws io.grpc.StatusRuntimeException when it cannot be told now; the call ends with that
   */
  Optional<Caller> authenticate(String token);
}
