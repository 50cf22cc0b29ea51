package dev.notebay.agent;

import dev.notebay.proto.runtime.v1.Claimed;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The scheduler's end of the link: grants or refuses claims and keeps what agents say. */
public final class FakeScheduler implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final BlockingQueue<ConnectRequest> heard = new LinkedBlockingQueue<>();
  private final Server server;
  private volatile Policy policy = Policy.newBuilder().setGeneration(1).build();
  private volatile boolean refusing;
  private volatile @Nullable StreamObserver<ConnectResponse> agent;

  private FakeScheduler(int port) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(new Service())
            .build()
            .start();
  }

  public static FakeScheduler start() throws IOException {
    return new FakeScheduler(0);
  }

  /** A scheduler that comes back at the address of an earlier one. */
  public static FakeScheduler startAt(int port) throws IOException {
    return new FakeScheduler(port);
  }

  public int port() {
    return server.getPort();
  }

  public FakeScheduler grants(Policy newer) {
    policy = newer;
    return this;
  }

  public FakeScheduler refuses() {
    refusing = true;
    return this;
  }

  /** Says something to the agent that spoke last. */
  public void say(ConnectResponse response) {
    StreamObserver<ConnectResponse> listening = agent;
    if (listening == null) {
      throw new IllegalStateException("no agent is connected");
    }
    listening.onNext(response);
  }

  /** The next thing an agent says. */
  public ConnectRequest next() {
    try {
      ConnectRequest request = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (request == null) {
        throw new AssertionError("agents said nothing");
      }
      return request;
    } catch (InterruptedException interrupted) {
      throw new AssertionError("interrupted", interrupted);
    }
  }

  /** The next thing of this kind; what comes before is passed over. */
  public ConnectRequest next(Predicate<ConnectRequest> kind) {
    ConnectRequest request = next();
    while (!kind.test(request)) {
      request = next();
    }
    return request;
  }

  public static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited too long");
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Service extends RuntimeLinkServiceGrpc.RuntimeLinkServiceImplBase {
    @Override
    public StreamObserver<ConnectRequest> connect(StreamObserver<ConnectResponse> responses) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ConnectRequest request) {
          heard.add(request);
          if (!request.hasClaim()) {
            return;
          }
          if (refusing) {
            responses.onError(
                ErrorStatus.of(Status.Code.FAILED_PRECONDITION, "CLAIM_REFUSED", "not yours")
                    .toException());
            return;
          }
          responses.onNext(
              ConnectResponse.newBuilder()
                  .setClaimed(
                      Claimed.newBuilder()
                          .setOwner("alice")
                          .setPolicy(policy)
                          .setHeartbeatInterval(
                              com.google.protobuf.Duration.newBuilder().setNanos(100_000_000)))
                  .build());
          agent = responses;
        }

        @Override
        public void onError(Throwable gone) {
          agent = null;
        }

        @Override
        public void onCompleted() {
          agent = null;
          responses.onCompleted();
        }
      };
    }
  }
}
