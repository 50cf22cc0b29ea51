package dev.notebay.storage.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.rpc.ErrorInfo;
import dev.notebay.proto.volume.v1.CreateDirectoryRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteFileRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.GetVolumeRequest;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.ListVolumesRequest;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.ReadFileRequest;
import dev.notebay.proto.volume.v1.StatFileRequest;
import dev.notebay.proto.volume.v1.UndeleteVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeRequest;
import dev.notebay.proto.volume.v1.UpdateVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.storage.config.RunningGateway;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong is refused with the right code and one reason, and changes nothing. */
class BadRequestTest {
  private static final String SESSION = UUID.randomUUID().toString();

  @TempDir static Path home;
  private static EmbeddedPostgres postgres;
  private static RunningGateway running;

  private record Expected(Code code, String reason, Runnable call) {}

  private final Map<String, Expected> cases = new LinkedHashMap<>();

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
    running = RunningGateway.start(home, postgres, Map.of("NOTEBAY_VOLUMES_PER_OWNER", "2"));
    VolumeServiceBlockingStub mine = running.as("mine");
    for (String id : List.of("drive", "trash")) {
      mine.createVolume(
          CreateVolumeRequest.newBuilder()
              .setVolumeId(id)
              .setRequestId(UUID.randomUUID().toString())
              .build());
    }
    mine.deleteVolume(DeleteVolumeRequest.newBuilder().setName("volumes/trash").build());
    running
        .as("theirs")
        .createVolume(
            CreateVolumeRequest.newBuilder()
                .setVolumeId("secret")
                .setRequestId(UUID.randomUUID().toString())
                .build());
    running.as("s", RunningGateway.SERVICE).mountVolume(mount().setAttempt(5).build());
    Uploads.write(running.async("mine"), "drive", "f", false, new byte[3], 3);
  }

  @AfterAll
  static void stop() throws IOException {
    running.close();
    postgres.close();
  }

  @Test
  void refusesWhatIsWrongAndChangesNothing() throws SQLException {
    volumes();
    mounts();
    files();
    uploads();
    callers();
    assertThat(cases).hasSizeGreaterThan(60);

    Map<String, String> before = digest();
    cases.forEach(
        (name, expected) -> {
          Throwable failure = catchThrowable(() -> expected.call().run());
          assertThat(failure).as(name).isInstanceOf(StatusRuntimeException.class);
          var status = ((StatusRuntimeException) failure).getStatus();
          assertThat(status.getCode()).as(name + ": " + status).isEqualTo(expected.code());
          assertThat(reasons(failure)).as(name).containsExactly(expected.reason());
          assertThat(status.getDescription()).as(name).hasSizeLessThan(400);
        });
    assertThat(digest()).isEqualTo(before);
  }

  private void volumes() {
    VolumeServiceBlockingStub mine = running.as("mine");
    for (String id :
        List.of("", "A", "1a", "-a", "a-", "a_b", "a b", "a/b", "..", "a".repeat(64), "ä", "a\n")) {
      create("volume_id " + id, request -> request.setVolumeId(id), Code.INVALID_ARGUMENT);
      bad("get " + id, () -> mine.getVolume(get("volumes/" + id)));
    }
    create("no request id", request -> request.setRequestId(""), Code.INVALID_ARGUMENT);
    create("odd request id", request -> request.setRequestId("1-2-3-4-5"), Code.INVALID_ARGUMENT);
    create(
        "long display name",
        request -> request.setVolume(Volume.newBuilder().setDisplayName("x".repeat(101))),
        Code.INVALID_ARGUMENT);
    create(
        "control in display name",
        request -> request.setVolume(Volume.newBuilder().setDisplayName("a\u0007")),
        Code.INVALID_ARGUMENT);
    create(
        "negative quota",
        request -> request.setVolume(Volume.newBuilder().setQuotaBytes(-1)),
        Code.INVALID_ARGUMENT);
    create(
        "unknown access mode",
        request -> request.setVolume(Volume.newBuilder().setAccessModeValue(99)),
        Code.INVALID_ARGUMENT);
    refused(
        "quota beyond the default",
        Code.PERMISSION_DENIED,
        "NOT_PERMITTED",
        () ->
            mine.createVolume(
                newVolume().setVolume(Volume.newBuilder().setQuotaBytes(1L << 60)).build()));
    refused(
        "too many",
        Code.RESOURCE_EXHAUSTED,
        "TOO_MANY_VOLUMES",
        () -> mine.createVolume(newVolume().build()));
    refused(
        "exists",
        Code.ALREADY_EXISTS,
        "VOLUME_EXISTS",
        () -> mine.createVolume(newVolume().setVolumeId("drive").build()));
    refused(
        "exists in trash",
        Code.ALREADY_EXISTS,
        "VOLUME_EXISTS",
        () -> mine.createVolume(newVolume().setVolumeId("trash").setValidateOnly(true).build()));
    bad("name without collection", () -> mine.getVolume(get("drive")));
    bad("page size", () -> mine.listVolumes(list().setPageSize(-1).build()));
    bad("page token", () -> mine.listVolumes(list().setPageToken("AAAA").build()));
    bad("page token no base64", () -> mine.listVolumes(list().setPageToken("!").build()));
    bad("unknown mask path", () -> mine.updateVolume(update("color")));
    bad("mask of what cannot change", () -> mine.updateVolume(update("access_mode")));
    refused(
        "quota by its owner",
        Code.PERMISSION_DENIED,
        "NOT_PERMITTED",
        () -> mine.updateVolume(update("quota_bytes")));
    refused(
        "stale etag",
        Code.ABORTED,
        "ETAG_MISMATCH",
        () ->
            mine.deleteVolume(
                DeleteVolumeRequest.newBuilder().setName("volumes/trash").setEtag("x").build()));
    refused(
        "update in trash",
        Code.FAILED_PRECONDITION,
        "VOLUME_IN_TRASH",
        () ->
            mine.updateVolume(
                UpdateVolumeRequest.newBuilder()
                    .setVolume(Volume.newBuilder().setName("volumes/trash").setDisplayName("new"))
                    .build()));
    refused(
        "delete mounted",
        Code.FAILED_PRECONDITION,
        "VOLUME_MOUNTED",
        () -> mine.deleteVolume(DeleteVolumeRequest.newBuilder().setName("volumes/drive").build()));
    refused(
        "restore what is active",
        Code.FAILED_PRECONDITION,
        "VOLUME_NOT_IN_TRASH",
        () ->
            mine.undeleteVolume(
                UndeleteVolumeRequest.newBuilder().setName("volumes/drive").build()));
    for (String id : List.of("secret", "missing")) {
      missing("get " + id, () -> mine.getVolume(get("volumes/" + id)));
      missing(
          "delete " + id,
          () ->
              mine.deleteVolume(DeleteVolumeRequest.newBuilder().setName("volumes/" + id).build()));
      missing("list files " + id, () -> mine.listFiles(files("volumes/" + id, "")));
    }
  }

  private void mounts() {
    VolumeServiceBlockingStub scheduler = running.as("s", RunningGateway.SERVICE);
    bad("owner", () -> scheduler.mountVolume(mount().setOwner(" ").build()));
    bad("mount id", () -> scheduler.mountVolume(mount().setVolumeId("../x").build()));
    bad("session", () -> scheduler.mountVolume(mount().setSessionId("s1").build()));
    bad("attempt", () -> scheduler.mountVolume(mount().setAttempt(0).build()));
    bad("node", () -> scheduler.mountVolume(mount().setNode("n\u0000").build()));
    refused(
        "older attempt",
        Code.FAILED_PRECONDITION,
        "MOUNT_FENCED",
        () -> scheduler.mountVolume(mount().setAttempt(4).build()));
    missing("mount missing", () -> scheduler.mountVolume(mount().setVolumeId("missing").build()));
    refused(
        "mount from trash",
        Code.FAILED_PRECONDITION,
        "VOLUME_IN_TRASH",
        () -> scheduler.mountVolume(mount().setVolumeId("trash").setCreateIfMissing(true).build()));
    refused(
        "mount one too many",
        Code.RESOURCE_EXHAUSTED,
        "TOO_MANY_VOLUMES",
        () -> scheduler.mountVolume(mount().setVolumeId("third").setCreateIfMissing(true).build()));
    bad(
        "unmount attempt",
        () ->
            scheduler.unmountVolume(
                UnmountVolumeRequest.newBuilder().setSessionId(SESSION).setAttempt(-1).build()));
  }

  private void files() {
    VolumeServiceBlockingStub mine = running.as("mine");
    String drive = "volumes/drive";
    bad("list absolute", () -> mine.listFiles(files(drive, "/etc")));
    bad("stat dots", () -> mine.statFile(stat("../x")));
    bad("stat nul", () -> mine.statFile(stat("a\u0000b")));
    bad("long name", () -> mine.statFile(stat("x".repeat(256))));
    bad("mkdir dot", () -> mine.createDirectory(directory("./a")));
    bad("delete empty component", () -> mine.deleteFile(deleteFile("a//b")));
    bad("negative offset", () -> read(mine, request -> request.setOffset(-1)));
    bad("negative limit", () -> read(mine, request -> request.setLimitBytes(-1)));
    refused(
        "no file",
        Code.NOT_FOUND,
        "FILE_NOT_FOUND",
        () -> read(mine, request -> request.setPath("nothing")));
    refused(
        "read directory",
        Code.FAILED_PRECONDITION,
        "NOT_A_FILE",
        () -> read(mine, request -> request.setPath("")));
    refused(
        "delete root", Code.FAILED_PRECONDITION, "IS_ROOT", () -> mine.deleteFile(deleteFile("")));
    refused(
        "list file",
        Code.FAILED_PRECONDITION,
        "NOT_A_DIRECTORY",
        () -> mine.listFiles(files(drive, "f")));
    refused(
        "mkdir over file",
        Code.ALREADY_EXISTS,
        "FILE_EXISTS",
        () -> mine.createDirectory(directory("f")));
    refused(
        "files in trash",
        Code.FAILED_PRECONDITION,
        "VOLUME_IN_TRASH",
        () -> mine.listFiles(files("volumes/trash", "")));
  }

  private void uploads() {
    var mine = running.async("mine");
    bad("no message", () -> Uploads.send(mine));
    bad("data first", () -> Uploads.send(mine, Uploads.data(new byte[1], 0, 1)));
    bad("empty message", () -> Uploads.send(mine, WriteFileRequest.getDefaultInstance()));
    bad(
        "two headers",
        () ->
            Uploads.send(
                mine, Uploads.header("drive", "x", false), Uploads.header("drive", "x", false)));
    bad(
        "too much data",
        () ->
            Uploads.send(
                mine,
                Uploads.header("drive", "x", false),
                WriteFileRequest.newBuilder()
                    .setData(ByteString.copyFrom(new byte[(1 << 20) + 1]))
                    .build()));
    refused(
        "create only",
        Code.ALREADY_EXISTS,
        "FILE_EXISTS",
        () -> Uploads.send(mine, Uploads.header("drive", "f", true)));
    missing("write to another's", () -> Uploads.send(mine, Uploads.header("secret", "f", false)));
  }

  private void callers() {
    refused(
        "mount by a user",
        Code.PERMISSION_DENIED,
        "NOT_PERMITTED",
        () -> running.as("mine").mountVolume(mount().build()));
    refused(
        "unmount by an admin",
        Code.PERMISSION_DENIED,
        "NOT_PERMITTED",
        () ->
            running
                .as("root", Role.ADMIN)
                .unmountVolume(UnmountVolumeRequest.getDefaultInstance()));
    var nobody = VolumeServiceGrpc.newBlockingStub(running.channel());
    refused(
        "no token",
        Code.UNAUTHENTICATED,
        "TOKEN_NOT_ACCEPTED",
        () -> nobody.getVolume(get("volumes/drive")));
    refused(
        "forged token",
        Code.UNAUTHENTICATED,
        "TOKEN_NOT_ACCEPTED",
        () ->
            nobody
                .withCallCredentials(new BearerToken(() -> "eyJhbGciOiJub25lIn0.e30."))
                .getVolume(get("volumes/drive")));
  }

  @Test
  void answersAnothersVolumeExactlyAsAMissingOne() {
    VolumeServiceBlockingStub mine = running.as("mine");
    VolumeServiceBlockingStub theirs = running.as("theirs");
    theirs.getVolume(get("volumes/secret"));
    assertThat(answer(() -> mine.getVolume(get("volumes/secret"))))
        .isEqualTo(answer(() -> mine.getVolume(get("volumes/absent"))).replace("absent", "secret"));
    assertThat(answer(() -> mine.statFile(stat("x").toBuilder().setName("volumes/secret").build())))
        .isEqualTo(
            answer(() -> mine.statFile(stat("x").toBuilder().setName("volumes/absent").build()))
                .replace("absent", "secret"));
    assertThat(theirs.listVolumes(list().build()).getVolumesList())
        .extracting(Volume::getName)
        .containsExactly("volumes/secret");
  }

  private static String answer(Runnable call) {
    Throwable failure = catchThrowable(call::run);
    return StatusProto.fromThrowable(failure) + "";
  }

  private interface Change<B> {
    void to(B request);
  }

  private void create(String name, Change<CreateVolumeRequest.Builder> change, Code code) {
    CreateVolumeRequest.Builder request = newVolume();
    change.to(request);
    refused(
        "create " + name,
        code,
        "INVALID_FIELD",
        () -> running.as("mine").createVolume(request.build()));
  }

  private void bad(String name, Runnable call) {
    refused(name, Code.INVALID_ARGUMENT, "INVALID_FIELD", call);
  }

  private void missing(String name, Runnable call) {
    refused(name, Code.NOT_FOUND, "VOLUME_NOT_FOUND", call);
  }

  private void refused(String name, Code code, String reason, Runnable call) {
    assertThat(cases.put(name, new Expected(code, reason, call))).as(name).isNull();
  }

  private static List<String> reasons(Throwable failure) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    assertThat(status).isNotNull();
    return status == null
        ? List.of()
        : status.getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .map(
                detail -> {
                  try {
                    return detail.unpack(ErrorInfo.class).getReason();
                  } catch (com.google.protobuf.InvalidProtocolBufferException malformed) {
                    throw new AssertionError(malformed);
                  }
                })
            .toList();
  }

  /** Everything in the database but when things were measured. */
  private static Map<String, String> digest() throws SQLException {
    Map<String, String> digests = new TreeMap<>();
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      for (String query :
          List.of(
              "SELECT uid, owner, volume_id, display_name, access_mode, quota_bytes, state,"
                  + " state_time, expire_time, update_time, version FROM storage.volume",
              "SELECT * FROM storage.mount",
              "SELECT * FROM storage.create_request",
              "SELECT session_id, oldest_allowed FROM storage.session_fence")) {
        try (ResultSet row =
            statement.executeQuery(
                "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM ("
                    + query
                    + ") t")) {
          row.next();
          digests.put(query, row.getString(1));
        }
      }
    }
    return digests;
  }

  private static CreateVolumeRequest.Builder newVolume() {
    return CreateVolumeRequest.newBuilder()
        .setVolumeId("new")
        .setRequestId(UUID.randomUUID().toString());
  }

  private static MountVolumeRequest.Builder mount() {
    return MountVolumeRequest.newBuilder()
        .setOwner("mine")
        .setVolumeId("drive")
        .setSessionId(SESSION)
        .setAttempt(5);
  }

  private static GetVolumeRequest get(String name) {
    return GetVolumeRequest.newBuilder().setName(name).build();
  }

  private static ListVolumesRequest.Builder list() {
    return ListVolumesRequest.newBuilder();
  }

  private static UpdateVolumeRequest update(String path) {
    return UpdateVolumeRequest.newBuilder()
        .setVolume(Volume.newBuilder().setName("volumes/drive").setQuotaBytes(5))
        .setUpdateMask(FieldMask.newBuilder().addPaths(path))
        .build();
  }

  private static ListFilesRequest files(String name, String path) {
    return ListFilesRequest.newBuilder().setName(name).setPath(path).build();
  }

  private static StatFileRequest stat(String path) {
    return StatFileRequest.newBuilder().setName("volumes/drive").setPath(path).build();
  }

  private static CreateDirectoryRequest directory(String path) {
    return CreateDirectoryRequest.newBuilder().setName("volumes/drive").setPath(path).build();
  }

  private static DeleteFileRequest deleteFile(String path) {
    return DeleteFileRequest.newBuilder().setName("volumes/drive").setPath(path).build();
  }

  private static void read(VolumeServiceBlockingStub stub, Change<ReadFileRequest.Builder> change) {
    ReadFileRequest.Builder request =
        ReadFileRequest.newBuilder().setName("volumes/drive").setPath("f");
    change.to(request);
    stub.readFile(request.build()).forEachRemaining(_ -> {});
  }
}
