package dev.notebay.storage.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.storage.core.file.FileDescription;
import dev.notebay.storage.core.file.VolumeFiles;
import dev.notebay.storage.core.file.VolumeFiles.Upload;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.StorageException.FileExists;
import dev.notebay.storage.core.volume.StorageException.FileNotFound;
import dev.notebay.storage.core.volume.StorageException.WrongFileType;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeLife;
import dev.notebay.storage.core.volume.VolumeSizes;
import dev.notebay.storage.core.volume.VolumeUid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files and directories against a real file system, by both ways of resolving paths. */
class LocalFilesTest {
  private static final String SECRET = "SECRET of somebody else";

  @TempDir Path temporary;
  private DiskThreads disk;
  private LocalTree tree;
  private Path base;
  private Path root;
  private Path outside;
  private final Volume volume =
      new Volume(
          new VolumeUid(UUID.randomUUID()),
          new Owner("u1"),
          new VolumeId("drive"),
          "",
          AccessMode.MULTI_WRITER,
          new Quota(0),
          new VolumeLife.Active(),
          Instant.EPOCH,
          Instant.EPOCH,
          1);

  static Stream<Beneath> bothWays() {
    return Stream.of(new Beneath.InOneCall(), new Beneath.Walking());
  }

  @BeforeEach
  void make() throws IOException {
    base = Files.createDirectory(temporary.resolve("volumes"));
    disk = new DiskThreads(4, Duration.ofSeconds(20));
    tree = new LocalTree(base, disk, Instant.EPOCH);
    tree.ensure(volume);
    root = Path.of(tree.offer(volume, "here"));
    outside = Files.createDirectory(base.resolve(volume.uid() + "x"));
    Files.writeString(outside.resolve("f"), SECRET);
  }

  @AfterEach
  void stop() {
    disk.close();
  }

  @Test
  void resolvesInOneCallHere() {
    assertThat(Beneath.best()).isEqualTo(new Beneath.InOneCall());
  }

  @ParameterizedTest
  @MethodSource("bothWays")
  void followsNoLinkWhereverItIs(Beneath way) throws IOException {
    var files = new LocalFiles(tree, disk, way);
    Files.createSymbolicLink(root.resolve("absolute"), outside);
    Files.createSymbolicLink(root.resolve("relative"), Path.of("..", outside.getFileName() + ""));
    Files.createSymbolicLink(root.resolve("file"), outside.resolve("f"));
    Files.createSymbolicLink(root.resolve("proc"), Path.of("/proc/self/root"));
    Files.createDirectory(root.resolve("d"));
    Files.createSymbolicLink(root.resolve("inside"), Path.of("d"));
    for (String link : List.of("absolute", "relative", "proc", "inside")) {
      for (String path : List.of(link, link + "/f", link + "/d/e")) {
        assertThatThrownBy(() -> read(files, path)).as(path).isInstanceOf(WrongFileType.class);
        assertThatThrownBy(() -> files.list(volume, path(path), new byte[0], 9))
            .as(path)
            .isInstanceOf(WrongFileType.class);
        assertThatThrownBy(() -> write(files, path, "x"))
            .as(path)
            .isInstanceOf(WrongFileType.class);
      }
      assertThatThrownBy(() -> files.delete(volume, path(link + "/f")))
          .isInstanceOf(WrongFileType.class);
      assertThatThrownBy(() -> files.createDirectory(volume, path(link + "/n"), true))
          .isInstanceOf(WrongFileType.class);
    }
    assertThatThrownBy(() -> read(files, "file")).isInstanceOf(WrongFileType.class);
    assertThatThrownBy(() -> write(files, "file", "x")).isInstanceOf(WrongFileType.class);
    assertThat(files.stat(volume, path("file")).type()).isEqualTo(FileDescription.Type.SYMLINK);
    files.delete(volume, path("absolute"));
    assertThat(outside.resolve("f")).hasContent(SECRET);
    assertThat(Files.list(outside)).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("bothWays")
  @Timeout(value = 30, unit = TimeUnit.SECONDS)
  void neverOpensWhatIsNoFile(Beneath way) throws IOException, InterruptedException {
    var files = new LocalFiles(tree, disk, way);
    assertThat(new ProcessBuilder("mkfifo", root + "/fifo").start().waitFor()).isZero();
    new ProcessBuilder("mknod", root + "/null", "c", "1", "3").start().waitFor();
    assertThatThrownBy(() -> read(files, "fifo")).isInstanceOf(WrongFileType.class);
    assertThatThrownBy(() -> write(files, "fifo", "x")).isInstanceOf(WrongFileType.class);
    assertThatThrownBy(() -> read(files, "fifo/x")).isInstanceOf(WrongFileType.class);
    if (Files.exists(root.resolve("null"))) {
      assertThatThrownBy(() -> read(files, "null")).isInstanceOf(WrongFileType.class);
    }
    assertThatThrownBy(() -> read(files, "")).isInstanceOf(WrongFileType.class);
    assertThat(files.list(volume, VolumePath.ROOT, new byte[0], 9).files())
        .extracting(FileDescription::type)
        .containsOnly(FileDescription.Type.OTHER);
    files.delete(volume, path("fifo"));
  }

  @ParameterizedTest
  @MethodSource("bothWays")
  void leavesNothingOfAnUploadThatIsNotCommitted(Beneath way) throws IOException {
    var files = new LocalFiles(tree, disk, way);
    write(files, "a", "old");
    Upload upload = files.write(volume, path("a"), false);
    upload.append(bytes("half of the n"));
    assertThat(files.list(volume, VolumePath.ROOT, new byte[0], 9).files())
        .extracting(FileDescription::path)
        .containsExactly("a");
    assertThat(read(files, "a")).isEqualTo("old");
    upload.close();
    upload.close();
    eventually(() -> namesIn(root).equals(List.of("a")));
    assertThatThrownBy(() -> files.write(volume, path("a"), true)).isInstanceOf(FileExists.class);
    Upload first = files.write(volume, path("b"), true);
    Upload second = files.write(volume, path("b"), true);
    first.append(bytes("first"));
    second.append(bytes("second"));
    first.commit();
    assertThatThrownBy(second::commit).isInstanceOf(FileExists.class);
    first.close();
    second.close();
    assertThat(read(files, "b")).isEqualTo("first");
    eventually(() -> namesIn(root).equals(List.of("a", "b")));
  }

  @Test
  void keepsTheRightsOfAFileThatItReplaces() throws IOException {
    var files = new LocalFiles(tree, disk);
    write(files, "run.sh", "old");
    Files.setPosixFilePermissions(
        root.resolve("run.sh"), PosixFilePermissions.fromString("rwxr-x---"));
    write(files, "run.sh", "new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("run.sh"))))
        .isEqualTo("rwxr-x---");
  }

  @Test
  void makesTheDirectoryOfAVolumeAgainIfACrashKeptItFromBeingMade() throws IOException {
    Files.delete(root);
    write(new LocalFiles(tree, disk), "a", "x");
    assertThat(root.resolve("a")).hasContent("x");
  }

  @Test
  void removesAVolumeOfAnyShapeAndNothingElse() throws IOException {
    Path deep = root;
    for (int level = 0; level < 1500; level++) {
      deep = deep.resolve("d");
      if (level < 1000) {
        Files.createDirectory(deep);
      }
    }
    Files.createDirectories(root.resolve("x/y"));
    Files.createSymbolicLink(root.resolve("x/y/out"), outside);
    Files.createSymbolicLink(root.resolve("x/up"), Path.of("../.."));
    Files.writeString(root.resolve("x/y/.notebay-removal-0"), "in the way");
    Files.createDirectories(root.resolve(".notebay-removal-0/.notebay-removal-1"));
    Files.setPosixFilePermissions(
        root.resolve("x/y"), PosixFilePermissions.fromString("---------"));
    tree.remove(volume.uid());
    assertThat(root).doesNotExist();
    assertThat(outside.resolve("f")).hasContent(SECRET);
    tree.remove(volume.uid());
  }

  @Test
  void removesNotEvenALinkInPlaceOfAVolume() throws IOException {
    Files.delete(root);
    Files.createSymbolicLink(root, outside);
    assertThatThrownBy(() -> tree.remove(volume.uid())).isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> tree.ensure(volume)).isInstanceOf(StorageException.class);
    assertThat(outside.resolve("f")).hasContent(SECRET);
  }

  @Test
  void measuresFilesWithoutFollowingLinks() throws IOException {
    Files.write(root.resolve("a"), new byte[1000]);
    Files.createDirectories(root.resolve("b/c"));
    Files.write(root.resolve("b/c/d"), new byte[234]);
    Files.createSymbolicLink(root.resolve("b/out"), Path.of("/usr"));
    Files.createSymbolicLink(root.resolve("b/loop"), Path.of("."));
    assertThat(tree.measure(volume.uid())).isEqualTo(new VolumeSizes.Size(1234, 4));
  }

  @Test
  void removesUploadsThatAKilledProcessLeftWhileMeasuring() throws IOException {
    Instant started = Instant.parse("2026-01-01T12:00:00Z");
    Path inside = Files.createDirectory(root.resolve("d"));
    Path left = upload(inside, started.minusSeconds(1));
    Path underWay = upload(inside, started.plusSeconds(1));
    Path notAnUpload = Files.write(root.resolve(".notebay-upload-x"), new byte[10]);
    Files.setLastModifiedTime(notAnUpload, FileTime.from(Instant.EPOCH));
    Path link = root.resolve(".notebay-upload-" + UUID.randomUUID());
    Files.createSymbolicLink(link, outside.resolve("f"));

    var size = new LocalTree(base, disk, started).measure(volume.uid());

    assertThat(size).isEqualTo(new VolumeSizes.Size(110, 3));
    assertThat(left).doesNotExist();
    assertThat(underWay).exists();
    assertThat(link).isSymbolicLink();
    assertThat(outside.resolve("f")).hasContent(SECRET);
  }

  private static Path upload(Path directory, Instant written) throws IOException {
    Path file = directory.resolve(".notebay-upload-" + UUID.randomUUID());
    Files.write(file, new byte[100]);
    return Files.setLastModifiedTime(file, FileTime.from(written));
  }

  @Test
  void listsNamesThatAreNotUnicodeAndShowsThemLossily() throws IOException, InterruptedException {
    assertThat(
            new ProcessBuilder("bash", "-c", "touch \"$0\"/$'\\xff\\xfe'", root.toString())
                .start()
                .waitFor())
        .isZero();
    assertThat(new LocalFiles(tree, disk).list(volume, VolumePath.ROOT, new byte[0], 9).files())
        .extracting(FileDescription::path)
        .containsExactly("\uFFFD\uFFFD");
  }

  @Test
  void saysWhatIsInTheWay() {
    var files = new LocalFiles(tree, disk);
    assertThatThrownBy(() -> read(files, "none")).isInstanceOf(FileNotFound.class);
    assertThatThrownBy(() -> write(files, "none/a", "x")).isInstanceOf(FileNotFound.class);
    assertThatThrownBy(() -> files.delete(volume, VolumePath.ROOT))
        .isInstanceOf(WrongFileType.class);
    files.createDirectory(volume, path("d"), false);
    assertThatThrownBy(() -> files.createDirectory(volume, path("d"), false))
        .isInstanceOf(FileExists.class);
    files.createDirectory(volume, path("d"), true);
    assertThatThrownBy(() -> write(files, "d", "x")).isInstanceOf(WrongFileType.class);
  }

  private static VolumePath path(String text) {
    return VolumePath.parse("path", text);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private String read(VolumeFiles files, String path) {
    try (VolumeFiles.Reader reader = files.read(volume, path(path), 0, 0)) {
      return StandardCharsets.UTF_8.decode(reader.next(1 << 16)).toString();
    }
  }

  private void write(VolumeFiles files, String path, String text) {
    try (Upload upload = files.write(volume, path(path), false)) {
      upload.append(bytes(text));
      upload.commit();
    }
  }

  private static List<String> namesIn(Path directory) {
    try (Stream<Path> names = Files.list(directory)) {
      return names
          .filter(name -> Files.exists(name, LinkOption.NOFOLLOW_LINKS))
          .map(name -> name.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static void eventually(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
