package dev.notebay.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Function;

/** Turns what a service method throws into the call's status, in one place for a whole endpoint. */
public final class ErrorMapping implements ServerInterceptor {
  private static final System.Logger LOG = System.getLogger(ErrorMapping.class.getName());

  private final Function<RuntimeException, StatusRuntimeException> statusOf;

  /**
   * @param statusOf the status of the exceptions that the service knows; what it does not know, it
   *     throws again
   */
  public ErrorMapping(Function<RuntimeException, StatusRuntimeException> statusOf) {
    this.statusOf = statusOf;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var once = new CloseOnce<>(call);
    ServerCall.Listener<Q> listener;
    try {
      listener = next.startCall(once, headers);
    } catch (RuntimeException failure) {
      once.fail(failure);
      return new ServerCall.Listener<>() {};
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        guard(() -> super.onMessage(message));
      }

      @Override
      public void onHalfClose() {
        guard(super::onHalfClose);
      }

      @Override
      public void onReady() {
        guard(super::onReady);
      }

      private void guard(Runnable step) {
        try {
          step.run();
        } catch (RuntimeException failure) {
          once.fail(failure);
        }
      }
    };
  }

  private final class CloseOnce<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private boolean closed;

    CloseOnce(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }

    void fail(RuntimeException failure) {
      StatusRuntimeException mapped = map(failure);
      Metadata trailers = mapped.getTrailers();
      close(mapped.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    private StatusRuntimeException map(RuntimeException failure) {
      if (failure instanceof StatusRuntimeException status) {
        return status;
      }
      try {
        return statusOf.apply(failure);
      } catch (RuntimeException unknown) {
        LOG.log(
            System.Logger.Level.ERROR,
            "call failed method=" + getMethodDescriptor().getFullMethodName(),
            unknown);
        return ErrorStatus.of(
                Status.Code.INTERNAL,
                "INTERNAL",
                "an internal error; the service's log has it under this method and time")
            .toException();
      }
    }
  }
}
