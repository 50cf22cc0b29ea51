package dev.notebay.reliability.processes;

import dev.notebay.cli.config.Settings;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.Volume.AccessMode;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.JwtIssuer;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.volume.Volumes;
import dev.notebay.scheduler.core.volume.VolumesContract;
import dev.notebay.scheduler.storage.StorageGatewayVolumes;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The real storage gateway, as the real scheduler asks it. */
class StorageGatewayContractIT extends VolumesContract {
  @TempDir private static Path directory = Path.of("");
  private static Installation installation;
  private static ManagedChannel channel;
  private static Volumes volumes;

  @BeforeAll
  static void start() throws Exception {
    installation = new Installation(directory.resolve("home"), Distribution.built());
    installation.up();
    String token =
        JwtIssuer.of(installation.home().resolve("keys/jwt-private.pem"))
            .issue("scheduler", Set.of(Caller.Role.SERVICE), Instant.now(), Duration.ofHours(1));
    channel =
        NettyChannelBuilder.forAddress(
                installation.settings().endpoint(Settings.STORAGE_GRPC).address())
            .usePlaintext()
            .build();
    volumes =
        new StorageGatewayVolumes(
            VolumeServiceGrpc.newBlockingStub(channel)
                .withCallCredentials(new BearerToken(() -> token)),
            channel::resetConnectBackoff);
  }

  @AfterAll
  static void stop() throws Exception {
    channel.shutdownNow();
    installation.close();
  }

  @Override
  protected void make(Owner owner) throws IOException {
    VolumeServiceGrpc.newBlockingStub(channel)
        .withCallCredentials(installation.token(owner.subject()))
        .createVolume(
            CreateVolumeRequest.newBuilder()
                .setVolumeId(VOLUME)
                .setVolume(Volume.newBuilder().setAccessMode(AccessMode.ACCESS_MODE_SINGLE_WRITER))
                .setRequestId(UUID.randomUUID().toString())
                .build());
  }

  @Override
  protected Volumes volumes() {
    return volumes;
  }
}
