package dev.notebay.storage.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.GetVolumeRequest;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import dev.notebay.storage.config.RunningGateway;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Full volumes, uploads that end half-way, and a database that comes late and goes. */
class LimitsTest {
  @TempDir Path home;

  @Test
  void refusesWhatDoesNotFitButStillMountsAFullVolume() throws IOException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        RunningGateway running =
            RunningGateway.start(home, postgres, Map.of("NOTEBAY_VOLUME_QUOTA_BYTES", "1000"))) {
      Path root = mount(running);
      Uploads.write(running.async("u1"), "drive", "a", false, new byte[600], 100);
      assertThatThrownBy(
              () -> Uploads.write(running.async("u1"), "drive", "b", false, new byte[500], 100))
          .hasMessageContaining("of 1000 bytes used");
      VolumeGrpcServiceTest.assertRefused(
          () -> Uploads.write(running.async("u1"), "drive", "b", false, new byte[500], 500),
          Status.Code.RESOURCE_EXHAUSTED,
          "QUOTA_EXCEEDED");
      // A replacement has to fit beside what it replaces, as it does on disk.
      Uploads.write(running.async("u1"), "drive", "a", false, new byte[400], 400);
      Uploads.write(running.async("u1"), "drive", "b", false, new byte[600], 600);
      RunningGateway.await(() -> count(root) == 2);

      // A session's own code is not held back, and neither is the session.
      Files.write(root.resolve("by-kernel"), new byte[5000]);
      assertThat(mount(running)).isEqualTo(root);
      RunningGateway.await(
          () -> running.as("u1").getVolume(drive()).getUsage().getUsedBytes() == 6000);
      assertThat(running.as("u1").getVolume(drive()).getUsage().getFileCount()).isEqualTo(3);
    }
  }

  @Test
  void leavesNothingOfAnUploadThatItsSenderGaveUp() throws IOException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        RunningGateway running = RunningGateway.start(home, postgres, Map.of())) {
      Path root = mount(running);
      StreamObserver<WriteFileRequest> parts =
          running.async("u1").writeFile(Uploads.into(new CompletableFuture<FileInfo>()));
      parts.onNext(Uploads.header("drive", "a", false));
      parts.onNext(Uploads.data(new byte[100], 0, 100));
      RunningGateway.await(() -> count(root) == 1);
      parts.onError(Status.CANCELLED.asRuntimeException());
      RunningGateway.await(() -> count(root) == 0);
    }
  }

  @Test
  void startsWithoutItsDatabaseAndServesAsSoonAsItIsThere() throws IOException {
    try (RunningGateway running = RunningGateway.withoutDatabase(home, Map.of())) {
      VolumeGrpcServiceTest.assertRefused(
          () -> running.as("u1").getVolume(drive()),
          Status.Code.UNAVAILABLE,
          "DATABASE_UNAVAILABLE");
      try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
        RunningGateway.writeConnection(home, postgres);
        RunningGateway.await(() -> serves(running));
      }
      VolumeGrpcServiceTest.assertRefused(
          () -> running.as("u1").getVolume(drive()),
          Status.Code.UNAVAILABLE,
          "DATABASE_UNAVAILABLE");
    }
  }

  @Test
  void emptiesTheTrashWhenItsTimeIsOver() throws IOException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        RunningGateway running =
            RunningGateway.start(home, postgres, Map.of("NOTEBAY_TRASH_RETENTION", "PT0S"))) {
      var mine = running.as("u1");
      Volume made =
          mine.createVolume(
              CreateVolumeRequest.newBuilder()
                  .setVolumeId("drive")
                  .setRequestId(UUID.randomUUID().toString())
                  .build());
      Uploads.write(running.async("u1"), "drive", "a", false, new byte[1], 1);
      mine.deleteVolume(DeleteVolumeRequest.newBuilder().setName(made.getName()).build());
      assertThat(count(home.resolve("volumes"))).isEqualTo(1);
      running.emptyTrash();
      assertThat(count(home.resolve("volumes"))).isZero();
      VolumeGrpcServiceTest.assertRefused(
          () -> mine.getVolume(drive()), Status.Code.NOT_FOUND, "VOLUME_NOT_FOUND");
    }
  }

  private static boolean serves(RunningGateway running) {
    try {
      mount(running);
      return true;
    } catch (io.grpc.StatusRuntimeException notYet) {
      assertThat(notYet.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      return false;
    }
  }

  private static Path mount(RunningGateway running) {
    return Path.of(
        running
            .as("scheduler", RunningGateway.SERVICE)
            .mountVolume(
                MountVolumeRequest.newBuilder()
                    .setOwner("u1")
                    .setVolumeId("drive")
                    .setSessionId(UUID.randomUUID().toString())
                    .setAttempt(1)
                    .setCreateIfMissing(true)
                    .build())
            .getHostPath());
  }

  private static long count(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static GetVolumeRequest drive() {
    return GetVolumeRequest.newBuilder().setName("volumes/drive").build();
  }
}
