package dev.notebay.rpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC server with the limits that every endpoint of Notebay has, health and reflection included.
 * Each call is served on a virtual thread of its own, so service methods may block.
 *
 * <p>The limits stop one client from starving the others: grpc-java's defaults have no bound on
 * HTTP/2 resets, on concurrent calls of a connection, or on a connection's idle time.
 */
public final class GrpcEndpoint implements AutoCloseable {
  private static final int MAXIMUM_MESSAGE_BYTES = 4 << 20;
  private static final int MAXIMUM_METADATA_BYTES = 16 << 10;
  private static final int MAXIMUM_CALLS_PER_CONNECTION = 256;
  private static final int MAXIMUM_RESETS = 200;
  private static final int RESET_WINDOW_SECONDS = 10;
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final ExecutorService executor;
  private final HealthStatusManager health;
  private final Server server;

  private GrpcEndpoint(ExecutorService executor, HealthStatusManager health, Server server) {
    this.executor = executor;
    this.health = health;
    this.server = server;
  }

  /**
   * Binds and serves.
   *
   * @param address where; port 0 takes a free one
   * @param services what
   * @throws IOException when the address cannot be bound
   */
  public static GrpcEndpoint start(
      InetSocketAddress address,
      List<? extends BindableService> services,
      BearerAuthentication authentication,
      ErrorMapping errors)
      throws IOException {
    ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    var health = new HealthStatusManager();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .executor(executor)
            .maxInboundMessageSize(MAXIMUM_MESSAGE_BYTES)
            .maxInboundMetadataSize(MAXIMUM_METADATA_BYTES)
            .maxConcurrentCallsPerConnection(MAXIMUM_CALLS_PER_CONNECTION)
            .maxRstFramesPerWindow(MAXIMUM_RESETS, RESET_WINDOW_SECONDS)
            .handshakeTimeout(5, TimeUnit.SECONDS)
            .keepAliveTime(60, TimeUnit.SECONDS)
            .keepAliveTimeout(20, TimeUnit.SECONDS)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConnectionIdle(15, TimeUnit.MINUTES)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .addService(ProtoReflectionService.newInstance());
    for (BindableService service : services) {
      builder.addService(ServerInterceptors.intercept(service, errors, authentication));
    }
    Server server = builder.build().start();
    services.forEach(
        service ->
            health.setStatus(
                service.bindService().getServiceDescriptor().getName(), ServingStatus.SERVING));
    return new GrpcEndpoint(executor, health, server);
  }

  public int port() {
    return server.getPort();
  }

  /** Says NOT_SERVING, lets running calls end for a few seconds, then ends them. */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdown();
    try {
      if (!server.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    executor.shutdownNow();
  }
}
