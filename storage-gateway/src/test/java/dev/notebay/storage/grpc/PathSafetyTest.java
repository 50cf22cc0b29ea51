package dev.notebay.storage.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.notebay.proto.volume.v1.CreateDirectoryRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteFileRequest;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.ReadFileRequest;
import dev.notebay.proto.volume.v1.StatFileRequest;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.storage.config.RunningGateway;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every file call with every odd path: nothing outside of the volume is seen or touched. */
class PathSafetyTest {
  private static final long SEED = 20_260_101;
  private static final String SECRET = "SECRET of somebody else";
  private static final Set<Status.Code> FINE =
      EnumSet.of(
          Status.Code.OK,
          Status.Code.INVALID_ARGUMENT,
          Status.Code.NOT_FOUND,
          Status.Code.ALREADY_EXISTS,
          Status.Code.FAILED_PRECONDITION);

  @TempDir static Path home;
  private static EmbeddedPostgres postgres;
  private static RunningGateway running;

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

  @Test
  void staysInTheVolumeWhateverIsAskedFor() throws IOException {
    VolumeServiceBlockingStub mine = running.as("u1");
    Path root = volume(mine, "u1", "u1");
    Path sibling = volume(running.as("u1x"), "u1x", "u1");
    Path other = volume(mine, "u1", "u10");
    String uid = root.getFileName().toString();
    Path volumes = home.resolve("volumes");
    for (Path place :
        List.of(
            sibling,
            other,
            Files.createDirectory(volumes.resolve(uid + "x")),
            Files.createDirectory(volumes.resolve(uid + "0")),
            Files.createDirectory(volumes.resolve("u1")),
            volumes,
            home)) {
      Files.writeString(place.resolve("secret"), SECRET);
      Files.writeString(place.resolve("f"), SECRET);
    }
    Files.createDirectory(root.resolve("d"));
    Files.writeString(root.resolve("d/f"), "mine");
    Files.createSymbolicLink(root.resolve("link"), sibling);
    Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
    Map<String, String> before = outside(root);

    Map<Status.Code, Integer> codes = new TreeMap<>();
    List<String> siblings =
        List.of(
            sibling.getFileName().toString(),
            other.getFileName().toString(),
            uid + "x",
            uid + "0",
            uid,
            "u1",
            "keys",
            "secret",
            sibling.toString());
    Set<String> corpus = PathCorpus.of(siblings, SEED);
    for (String path : corpus) {
      for (int call = 0; call < 6; call++) {
        Status.Code code = code(mine, call, path);
        assertThat(FINE).as("call %d seed %d path %.300s", call, SEED, path).contains(code);
        codes.merge(code, 1, Integer::sum);
      }
    }
    System.out.println("paths=" + corpus.size() + " calls=6 answers=" + codes);
    assertThat(codes.get(Status.Code.OK)).isPositive();
    assertThat(outside(root)).isEqualTo(before);
  }

  private static Status.Code code(VolumeServiceBlockingStub mine, int call, String path) {
    try {
      switch (call) {
        case 0 ->
            mine.readFile(ReadFileRequest.newBuilder().setName("volumes/u1").setPath(path).build())
                .forEachRemaining(
                    part -> assertThat(clear(part.getData())).doesNotContain("SECRET"));
        case 1 -> {
          FileInfo info =
              mine.statFile(
                  StatFileRequest.newBuilder().setName("volumes/u1").setPath(path).build());
          assertThat(info.getSizeBytes()).isNotEqualTo(SECRET.length());
        }
        case 2 ->
            mine.listFiles(
                    ListFilesRequest.newBuilder().setName("volumes/u1").setPath(path).build())
                .getFilesList()
                .forEach(file -> assertThat(file.getSizeBytes()).isNotEqualTo(SECRET.length()));
        case 3 ->
            Uploads.write(
                running.async("u1"),
                "u1",
                path,
                false,
                "mine".getBytes(StandardCharsets.UTF_8),
                1000);
        case 4 ->
            mine.createDirectory(
                CreateDirectoryRequest.newBuilder()
                    .setName("volumes/u1")
                    .setPath(path)
                    .setParents(path.length() % 2 == 0)
                    .build());
        default ->
            mine.deleteFile(
                DeleteFileRequest.newBuilder().setName("volumes/u1").setPath(path).build());
      }
      return Status.Code.OK;
    } catch (StatusRuntimeException refused) {
      if (!path.contains(home.toString())) {
        assertThat(refused.getStatus().getDescription()).doesNotContain(home.toString());
      }
      return refused.getStatus().getCode();
    }
  }

  private static String clear(ByteString data) {
    return data.toString(StandardCharsets.UTF_8);
  }

  /** All that is in the home but not in {@code root}, with contents. */
  private static Map<String, String> outside(Path root) throws IOException {
    Map<String, String> files = new TreeMap<>();
    Files.walkFileTree(
        home,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            files.put(directory.toString(), "directory");
            return directory.equals(root) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            files.put(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private static Path volume(VolumeServiceBlockingStub owner, String subject, String id) {
    owner.createVolume(
        CreateVolumeRequest.newBuilder()
            .setVolumeId(id)
            .setRequestId(UUID.randomUUID().toString())
            .build());
    return Path.of(
        running
            .as("scheduler", RunningGateway.SERVICE)
            .mountVolume(
                MountVolumeRequest.newBuilder()
                    .setOwner(subject)
                    .setVolumeId(id)
                    .setSessionId(UUID.randomUUID().toString())
                    .setAttempt(1)
                    .build())
            .getHostPath());
  }
}
