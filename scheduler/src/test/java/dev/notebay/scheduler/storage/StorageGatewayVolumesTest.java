package dev.notebay.scheduler.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.MountVolumeResponse;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.volume.Volumes.Mounting;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StorageGatewayVolumesTest {
  private final Gateway gateway = new Gateway();
  private Server server;
  private ManagedChannel channel;
  private StorageGatewayVolumes volumes;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(gateway)
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    volumes =
        new StorageGatewayVolumes(
            VolumeServiceGrpc.newBlockingStub(channel), channel::resetConnectBackoff);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void triesTheConnectionAnewWithEveryCall() {
    var dials = new AtomicInteger();
    volumes =
        new StorageGatewayVolumes(
            VolumeServiceGrpc.newBlockingStub(channel), dials::incrementAndGet);
    mount();
    mount();
    volumes.unmount(new RuntimeName(new SessionId(new UUID(1, 2)), 1));
    assertThat(dials).hasValue(3);
  }

  @Test
  void saysWhereTheVolumeIs() {
    assertThat(mount()).isEqualTo(new Mounting.Mounted("/volumes/drive"));
  }

  @ParameterizedTest
  @CsvSource({
    "FAILED_PRECONDITION, VOLUME_IN_TRASH",
    "FAILED_PRECONDITION, MOUNT_FENCED",
    "RESOURCE_EXHAUSTED, TOO_MANY_VOLUMES",
    "RESOURCE_EXHAUSTED, DISK_FULL",
    "INVALID_ARGUMENT, INVALID_FIELD",
    "PERMISSION_DENIED, NOT_PERMITTED",
    "UNIMPLEMENTED, ''",
  })
  void passesOnWhatWillStayRefused(Code code, String reason) {
    gateway.failure = failure(code, reason);
    assertThat(mount()).isEqualTo(new Mounting.Refused("the gateway's own words"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      names = {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "ABORTED",
        "INTERNAL",
        "UNKNOWN",
        "CANCELLED",
        "UNAUTHENTICATED"
      })
  void takesWhatMayPassAsNoAnswer(Code code) {
    gateway.failure = failure(code, "");
    assertThat(mount()).isEqualTo(new Mounting.Unavailable("the gateway's own words"));
  }

  @Test
  void takesADiskThatDoesNotAnswerAsNoAnswer() {
    gateway.failure = failure(Code.RESOURCE_EXHAUSTED, "DISK_UNAVAILABLE");
    assertThat(mount()).isInstanceOf(Mounting.Unavailable.class);
  }

  @Test
  void tellsAMissingVolumeFromOneInUse() {
    gateway.failure = failure(Code.NOT_FOUND, "VOLUME_NOT_FOUND");
    assertThat(mount()).isInstanceOf(Mounting.NotFound.class);
    gateway.failure = failure(Code.FAILED_PRECONDITION, "VOLUME_IN_USE");
    assertThat(mount()).isInstanceOf(Mounting.InUse.class);
  }

  private Mounting mount() {
    var runtime = new RuntimeName(new SessionId(new UUID(1, 2)), 1);
    return volumes.mount(new Owner("ada"), "drive", runtime, "node");
  }

  private static StatusRuntimeException failure(Code code, String reason) {
    String words = "the gateway's own words";
    return reason.isEmpty()
        ? Status.fromCode(code).withDescription(words).asRuntimeException()
        : ErrorStatus.of(code, reason, words).toException();
  }

  private static final class Gateway extends VolumeServiceGrpc.VolumeServiceImplBase {
    private volatile @Nullable StatusRuntimeException failure;

    @Override
    public void mountVolume(
        MountVolumeRequest request, StreamObserver<MountVolumeResponse> response) {
      StatusRuntimeException wanted = failure;
      if (wanted != null) {
        response.onError(wanted);
        return;
      }
      response.onNext(
          MountVolumeResponse.newBuilder()
              .setHostPath("/volumes/" + request.getVolumeId())
              .build());
      response.onCompleted();
    }
  }
}
