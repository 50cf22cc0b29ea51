package dev.notebay.cli.grpc;

import dev.notebay.cli.config.Endpoint;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** Asks a service whether it is well: its gRPC health, and its readiness over HTTP. */
public final class Health implements AutoCloseable {
  private static final int CALL_MILLISECONDS = 1000;
  private final Endpoint http;
  private final ManagedChannel channel;

  public Health(Endpoint grpc, Endpoint http) {
    this.http = http;
    this.channel = NettyChannelBuilder.forAddress(grpc.address()).usePlaintext().build();
  }

  /** Whether both answer that it can be used now. */
  public boolean ready() {
    return ready(http) && serving();
  }

  private boolean serving() {
    try {
      channel.resetConnectBackoff();
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(CALL_MILLISECONDS, TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException notYet) {
      return false;
    }
  }

  private static boolean ready(Endpoint http) {
    try {
      var connection =
          (HttpURLConnection)
              URI.create("http://" + http + "/q/health/ready").toURL().openConnection();
      connection.setConnectTimeout(CALL_MILLISECONDS);
      connection.setReadTimeout(CALL_MILLISECONDS);
      try {
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      } finally {
        connection.disconnect();
      }
    } catch (IOException notYet) {
      return false;
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
