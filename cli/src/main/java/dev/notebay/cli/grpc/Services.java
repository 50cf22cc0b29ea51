package dev.notebay.cli.grpc;

import dev.notebay.cli.config.Endpoint;
import dev.notebay.cli.config.Settings;
import dev.notebay.proto.queue.v1.QueueServiceGrpc;
import dev.notebay.proto.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.proto.usage.v1.UsageServiceGrpc;
import dev.notebay.proto.usage.v1.UsageServiceGrpc.UsageServiceBlockingStub;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceStub;
import dev.notebay.rpc.BearerToken;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractBlockingStub;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler and the storage gateway, called as one user. Channels are made when first needed,
 * without TLS only on this machine (or where {@code NOTEBAY_PLAINTEXT=1} says so).
 */
public final class Services implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(20);
  private static final int MAXIMUM_MESSAGE_BYTES = 16 << 20;

  private final Settings settings;
  private final BearerToken token;
  private @Nullable ManagedChannel scheduler;
  private @Nullable ManagedChannel storage;

  public Services(Settings settings, Supplier<String> token) {
    this.settings = settings;
    this.token = new BearerToken(token);
  }

  /** Makes one call on the scheduler; a failure is told in words. */
  public <T> T sessions(Function<SessionServiceBlockingStub, T> call) {
    return scheduler(SessionServiceGrpc::newBlockingStub, call);
  }

  /** The same for its queues. */
  public <T> T queues(Function<QueueServiceBlockingStub, T> call) {
    return scheduler(QueueServiceGrpc::newBlockingStub, call);
  }

  /** The same for its ledger. */
  public <T> T usage(Function<UsageServiceBlockingStub, T> call) {
    return scheduler(UsageServiceGrpc::newBlockingStub, call);
  }

  private <S extends AbstractBlockingStub<S>, T> T scheduler(
      Function<Channel, S> stub, Function<S, T> call) {
    try {
      return call.apply(
          stub.apply(schedulerChannel())
              .withCallCredentials(token)
              .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException failure) {
      throw schedulerFailure(failure);
    }
  }

  /** The scheduler for a stream that stays open, and whose failures the caller handles. */
  public SessionServiceBlockingStub sessionStream() {
    return SessionServiceGrpc.newBlockingStub(schedulerChannel()).withCallCredentials(token);
  }

  /** Makes one call on the storage gateway; a failure is told in words. */
  public <T> T volumes(Function<VolumeServiceBlockingStub, T> call) {
    return volumes(CALL, call);
  }

  /** The same for a call that may take long. */
  public <T> T volumes(Duration limit, Function<VolumeServiceBlockingStub, T> call) {
    try {
      return call.apply(
          VolumeServiceGrpc.newBlockingStub(storageChannel())
              .withCallCredentials(token)
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException failure) {
      throw storageFailure(failure);
    }
  }

  /** The storage gateway for a stream of requests. */
  public VolumeServiceStub volumeStream() {
    return VolumeServiceGrpc.newStub(storageChannel()).withCallCredentials(token);
  }

  public RuntimeException schedulerFailure(StatusRuntimeException failure) {
    return GrpcFailures.explain(
        failure, "scheduler", settings.endpoint(Settings.SCHEDULER_GRPC), settings.remote());
  }

  public RuntimeException storageFailure(StatusRuntimeException failure) {
    return GrpcFailures.explain(
        failure, "storage-gateway", settings.endpoint(Settings.STORAGE_GRPC), settings.remote());
  }

  private synchronized ManagedChannel schedulerChannel() {
    scheduler = usable(scheduler, Settings.SCHEDULER_GRPC);
    return scheduler;
  }

  private synchronized ManagedChannel storageChannel() {
    storage = usable(storage, Settings.STORAGE_GRPC);
    return storage;
  }

  /**
   * Every call tries to connect: a channel that has failed would refuse it without a try for a
   * while, also when the service is back, and a session be left running for want of one call.
   */
  private ManagedChannel usable(@Nullable ManagedChannel channel, String address) {
    if (channel != null) {
      if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
        return channel;
      }
      channel.shutdownNow();
    }
    return channel(settings.endpoint(address));
  }

  private ManagedChannel channel(Endpoint endpoint) {
    boolean plain =
        endpoint.isLocal()
            || settings.variable("NOTEBAY_PLAINTEXT").filter("1"::equals).isPresent();
    NettyChannelBuilder builder =
        endpoint.isLocal()
            ? NettyChannelBuilder.forAddress(endpoint.address())
            : NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port());
    builder.maxInboundMessageSize(MAXIMUM_MESSAGE_BYTES);
    return (plain ? builder.usePlaintext() : builder.useTransportSecurity()).build();
  }

  @Override
  public synchronized void close() {
    if (scheduler != null) {
      scheduler.shutdownNow();
    }
    if (storage != null) {
      storage.shutdownNow();
    }
  }
}
