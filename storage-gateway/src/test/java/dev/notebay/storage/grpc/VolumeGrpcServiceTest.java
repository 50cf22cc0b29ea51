package dev.notebay.storage.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import dev.notebay.proto.volume.v1.CreateDirectoryRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteFileRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.GetVolumeRequest;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.ListFilesResponse;
import dev.notebay.proto.volume.v1.ListVolumesRequest;
import dev.notebay.proto.volume.v1.ListVolumesResponse;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.MountVolumeResponse;
import dev.notebay.proto.volume.v1.ReadFileRequest;
import dev.notebay.proto.volume.v1.ReadFileResponse;
import dev.notebay.proto.volume.v1.StatFileRequest;
import dev.notebay.proto.volume.v1.UndeleteVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeRequest;
import dev.notebay.proto.volume.v1.UpdateVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.storage.config.RunningGateway;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeGrpcServiceTest {
  @TempDir static Path home;
  private static EmbeddedPostgres postgres;
  private static RunningGateway running;

  private final String user = "user " + UUID.randomUUID();
  private VolumeServiceBlockingStub mine;
  private VolumeServiceBlockingStub scheduler;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
    running = RunningGateway.start(home, postgres, Map.of());
  }

  @AfterAll
  static void stop() throws IOException {
    running.close();
    postgres.close();
  }

  @BeforeEach
  void connect() {
    mine = running.as(user);
    scheduler = running.as("scheduler", RunningGateway.SERVICE);
  }

  @Test
  void makesMountsAndUnmountsADrive() {
    String session = UUID.randomUUID().toString();
    MountVolumeResponse mounted = scheduler.mountVolume(mount("drive", session, 1).build());

    assertThat(Path.of(mounted.getHostPath())).isDirectory().startsWith(home);
    assertThat(mounted.getHostPath()).doesNotContain("drive").doesNotContain(user);
    Volume drive = mine.getVolume(named("drive"));
    assertThat(drive.getState()).isEqualTo(Volume.State.STATE_ACTIVE);
    assertThat(drive.getQuotaBytes()).isEqualTo(15L << 30);
    assertThat(drive.getMounts(0).getSessionId()).isEqualTo(session);

    assertThat(scheduler.mountVolume(mount("drive", session, 1).build())).isEqualTo(mounted);
    assertThat(unmount(session, 1)).isEqualTo(1);
    assertThat(unmount(session, 1)).isZero();
    assertThat(mine.getVolume(named("drive")).getMountsList()).isEmpty();
  }

  @Test
  void keepsOlderAttemptsAwayEvenAfterAnUnmount() {
    String session = UUID.randomUUID().toString();
    scheduler.mountVolume(mount("drive", session, 2).build());
    assertRefused(
        () -> scheduler.mountVolume(mount("drive", session, 1).build()),
        Status.Code.FAILED_PRECONDITION,
        "MOUNT_FENCED");
    unmount(session, 3);
    assertRefused(
        () -> scheduler.mountVolume(mount("drive", session, 3).build()),
        Status.Code.FAILED_PRECONDITION,
        "MOUNT_FENCED");
    assertThat(scheduler.mountVolume(mount("drive", session, 4).build()).getMount().getAttempt())
        .isEqualTo(4);
    assertThat(mine.getVolume(named("drive")).getMountsCount()).isEqualTo(1);
  }

  @Test
  void givesASingleWriterVolumeToOneSession() {
    create(
        CreateVolumeRequest.newBuilder()
            .setVolumeId("solo")
            .setVolume(
                Volume.newBuilder().setAccessMode(Volume.AccessMode.ACCESS_MODE_SINGLE_WRITER)));
    String first = UUID.randomUUID().toString();
    String second = UUID.randomUUID().toString();
    scheduler.mountVolume(mount("solo", first, 1).build());
    assertThatThrownBy(() -> scheduler.mountVolume(mount("solo", second, 1).build()))
        .hasMessageContaining(first);
    assertRefused(
        () -> scheduler.mountVolume(mount("solo", second, 1).build()),
        Status.Code.FAILED_PRECONDITION,
        "VOLUME_IN_USE");
    scheduler.mountVolume(mount("solo", first, 2).build());
    unmount(first, 2);
    scheduler.mountVolume(mount("solo", second, 1).build());
  }

  @Test
  void createsOncePerRequestId() {
    var request =
        CreateVolumeRequest.newBuilder()
            .setVolumeId("data")
            .setRequestId(UUID.randomUUID().toString())
            .build();
    Volume first = mine.createVolume(request);
    assertThat(mine.createVolume(request)).isEqualTo(first);
    assertRefused(
        () -> mine.createVolume(request.toBuilder().setVolumeId("other").build()),
        Status.Code.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED");
    assertRefused(
        () -> create(CreateVolumeRequest.newBuilder().setVolumeId("data")),
        Status.Code.ALREADY_EXISTS,
        "VOLUME_EXISTS");
  }

  @Test
  void validatesWithoutMaking() {
    mine.createVolume(
        CreateVolumeRequest.newBuilder().setVolumeId("data").setValidateOnly(true).build());
    assertRefused(() -> mine.getVolume(named("data")), Status.Code.NOT_FOUND, "VOLUME_NOT_FOUND");
  }

  @Test
  void deletesToTheTrashAndBack() throws IOException {
    create(CreateVolumeRequest.newBuilder().setVolumeId("data"));
    write("data", "a.txt", "kept");
    Volume deleted = mine.deleteVolume(delete("data", ""));
    assertThat(deleted.getState()).isEqualTo(Volume.State.STATE_DELETED);
    assertThat(deleted.getExpireTime().getSeconds() - deleted.getDeleteTime().getSeconds())
        .isEqualTo(30 * 86_400);
    assertThat(mine.deleteVolume(delete("data", ""))).isEqualTo(deleted);
    assertThat(mine.listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList())
        .isEmpty();
    assertRefused(() -> read("data", "a.txt"), Status.Code.FAILED_PRECONDITION, "VOLUME_IN_TRASH");
    assertRefused(
        () -> scheduler.mountVolume(mount("data", UUID.randomUUID().toString(), 1).build()),
        Status.Code.FAILED_PRECONDITION,
        "VOLUME_IN_TRASH");

    mine.undeleteVolume(UndeleteVolumeRequest.newBuilder().setName("volumes/data").build());
    assertThat(read("data", "a.txt")).isEqualTo("kept");
    assertRefused(
        () ->
            mine.undeleteVolume(UndeleteVolumeRequest.newBuilder().setName("volumes/data").build()),
        Status.Code.FAILED_PRECONDITION,
        "VOLUME_NOT_IN_TRASH");
  }

  @Test
  void keepsAMountedVolumeOutOfTheTrash() {
    String session = UUID.randomUUID().toString();
    scheduler.mountVolume(mount("drive", session, 1).build());
    assertRefused(
        () -> mine.deleteVolume(delete("drive", "")),
        Status.Code.FAILED_PRECONDITION,
        "VOLUME_MOUNTED");
    unmount(session, 1);
    mine.deleteVolume(delete("drive", ""));
  }

  @Test
  void updatesWhatTheMaskNames() {
    Volume volume = create(CreateVolumeRequest.newBuilder().setVolumeId("data"));
    Volume updated =
        mine.updateVolume(
            UpdateVolumeRequest.newBuilder()
                .setVolume(volume.toBuilder().setDisplayName("Mine").setQuotaBytes(7))
                .setUpdateMask(FieldMask.newBuilder().addPaths("display_name"))
                .build());
    assertThat(updated.getDisplayName()).isEqualTo("Mine");
    assertThat(updated.getQuotaBytes()).isEqualTo(15L << 30);
    assertRefused(
        () ->
            mine.updateVolume(
                UpdateVolumeRequest.newBuilder()
                    .setVolume(volume.toBuilder().setDisplayName("Stale"))
                    .setUpdateMask(FieldMask.newBuilder().addPaths("display_name"))
                    .build()),
        Status.Code.ABORTED,
        "ETAG_MISMATCH");
    assertRefused(
        () -> mine.deleteVolume(delete("data", volume.getEtag())),
        Status.Code.ABORTED,
        "ETAG_MISMATCH");
    mine.deleteVolume(delete("data", updated.getEtag()));
  }

  @Test
  void listsInPagesBoundToTheirArguments() {
    for (String id : List.of("a", "b", "c", "d", "e")) {
      create(CreateVolumeRequest.newBuilder().setVolumeId(id));
    }
    List<String> names = new ArrayList<>();
    String token = "";
    do {
      ListVolumesResponse page =
          mine.listVolumes(
              ListVolumesRequest.newBuilder().setPageSize(2).setPageToken(token).build());
      page.getVolumesList().forEach(volume -> names.add(volume.getName()));
      token = page.getNextPageToken();
      String next = token;
      if (!next.isEmpty()) {
        assertRefused(
            () ->
                mine.listVolumes(
                    ListVolumesRequest.newBuilder()
                        .setPageToken(next)
                        .setShowDeleted(true)
                        .build()),
            Status.Code.INVALID_ARGUMENT,
            "INVALID_FIELD");
      }
    } while (!token.isEmpty());
    assertThat(names)
        .containsExactly("volumes/a", "volumes/b", "volumes/c", "volumes/d", "volumes/e");
  }

  @Test
  void keepsFiles() throws IOException {
    create(CreateVolumeRequest.newBuilder().setVolumeId("data"));
    mine.createDirectory(
        CreateDirectoryRequest.newBuilder()
            .setName("volumes/data")
            .setPath("models/большой/模型")
            .setParents(true)
            .build());
    FileInfo written = write("data", "models/большой/模型/w.bin", "hello");
    assertThat(written.getSizeBytes()).isEqualTo(5);
    assertThat(mine.statFile(stat("data", "models/большой/模型/w.bin"))).isEqualTo(written);
    write("data", "models/большой/模型/w.bin", "replaced");
    assertThat(read("data", "models/большой/模型/w.bin")).isEqualTo("replaced");
    assertThat(list("data", "models/большой/模型").getFilesList())
        .extracting(FileInfo::getPath)
        .containsExactly("models/большой/模型/w.bin");
    assertRefused(
        () -> mine.deleteFile(deleteFile("models")),
        Status.Code.FAILED_PRECONDITION,
        "DIRECTORY_NOT_EMPTY");
    mine.deleteFile(deleteFile("models/большой/模型/w.bin"));
    mine.deleteFile(deleteFile("models/большой/模型"));
    assertThat(list("data", "models/большой").getFilesList()).isEmpty();
  }

  @Test
  void streamsBigFilesBothWaysAndPartsOfThem() throws IOException {
    create(CreateVolumeRequest.newBuilder().setVolumeId("data"));
    byte[] bytes = new byte[5_000_003];
    ThreadLocalRandom.current().nextBytes(bytes);
    Uploads.write(running.async(user), "data", "big", false, bytes, 1 << 20);
    assertThat(readBytes("data", "big", 0, 0)).isEqualTo(bytes);
    assertThat(readBytes("data", "big", 4_999_999, 0))
        .isEqualTo(java.util.Arrays.copyOfRange(bytes, 4_999_999, bytes.length));
    assertThat(readBytes("data", "big", 100, 300_000))
        .isEqualTo(java.util.Arrays.copyOfRange(bytes, 100, 300_100));
    assertThat(readBytes("data", "big", 6_000_000, 0)).isEmpty();
  }

  @Test
  void listsADirectoryInPagesByName() throws IOException {
    create(CreateVolumeRequest.newBuilder().setVolumeId("data"));
    Path root = hostPath("data");
    List<String> expected = new ArrayList<>();
    for (int at = 0; at < 1234; at++) {
      String name = "f%04d".formatted(at);
      Files.createFile(root.resolve(name));
      expected.add(name);
    }
    List<String> seen = new ArrayList<>();
    String token = "";
    do {
      ListFilesResponse page =
          mine.listFiles(
              ListFilesRequest.newBuilder()
                  .setName("volumes/data")
                  .setPageSize(100)
                  .setPageToken(token)
                  .build());
      page.getFilesList().forEach(file -> seen.add(file.getPath()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(seen).isEqualTo(expected);
  }

  static void assertRefused(ThrowingCallable call, Status.Code code, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode())
                  .as(failure.getStatus().toString())
                  .isEqualTo(code);
              assertThat(ErrorStatus.reasonOf(failure)).contains(reason);
            });
  }

  private MountVolumeRequest.Builder mount(String volume, String session, int attempt) {
    return MountVolumeRequest.newBuilder()
        .setOwner(user)
        .setVolumeId(volume)
        .setSessionId(session)
        .setAttempt(attempt)
        .setNode("local")
        .setCreateIfMissing(true);
  }

  private int unmount(String session, int attempt) {
    return scheduler
        .unmountVolume(
            UnmountVolumeRequest.newBuilder().setSessionId(session).setAttempt(attempt).build())
        .getUnmounted();
  }

  private Volume create(CreateVolumeRequest.Builder request) {
    return mine.createVolume(request.setRequestId(UUID.randomUUID().toString()).build());
  }

  private Path hostPath(String volume) {
    String session = UUID.randomUUID().toString();
    Path path = Path.of(scheduler.mountVolume(mount(volume, session, 1).build()).getHostPath());
    unmount(session, 1);
    return path;
  }

  private FileInfo write(String volume, String path, String text) throws IOException {
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return Uploads.write(running.async(user), volume, path, false, bytes, 3);
  }

  private String read(String volume, String path) {
    return new String(readBytes(volume, path, 0, 0), java.nio.charset.StandardCharsets.UTF_8);
  }

  private byte[] readBytes(String volume, String path, long offset, long limit) {
    ByteString all = ByteString.EMPTY;
    var parts =
        mine.readFile(
            ReadFileRequest.newBuilder()
                .setName("volumes/" + volume)
                .setPath(path)
                .setOffset(offset)
                .setLimitBytes(limit)
                .build());
    while (parts.hasNext()) {
      ReadFileResponse part = parts.next();
      assertThat(part.getData().size()).isLessThanOrEqualTo(256 << 10);
      all = all.concat(part.getData());
    }
    return all.toByteArray();
  }

  private ListFilesResponse list(String volume, String path) {
    return mine.listFiles(
        ListFilesRequest.newBuilder().setName("volumes/" + volume).setPath(path).build());
  }

  private static GetVolumeRequest named(String volume) {
    return GetVolumeRequest.newBuilder().setName("volumes/" + volume).build();
  }

  private static DeleteVolumeRequest delete(String volume, String etag) {
    return DeleteVolumeRequest.newBuilder().setName("volumes/" + volume).setEtag(etag).build();
  }

  private static StatFileRequest stat(String volume, String path) {
    return StatFileRequest.newBuilder().setName("volumes/" + volume).setPath(path).build();
  }

  private static DeleteFileRequest deleteFile(String path) {
    return DeleteFileRequest.newBuilder().setName("volumes/data").setPath(path).build();
  }
}
