package dev.notebay.storage.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.storage.core.file.VolumeFiles;
import dev.notebay.storage.core.file.VolumeFiles.Upload;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeLife;
import dev.notebay.storage.core.volume.VolumeUid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile code in a session exchanges a directory of its volume for a link to somebody else's,
 * atomically and without pause, while the service works on paths through it.
 */
class RenameRaceTest {
  private static final int TRIES = 100_000;
  private static final int EXCHANGE = 2;
  private static final String SECRET = "SECRET";

  @TempDir Path temporary;
  private DiskThreads disk;
  private LocalTree tree;
  private Path root;
  private Path outside;
  private final AtomicBoolean over = new AtomicBoolean();
  private Thread attacker;
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
  void attack() throws IOException {
    Path base = Files.createDirectory(temporary.resolve("volumes"));
    disk = new DiskThreads(2, Duration.ofSeconds(20));
    tree = new LocalTree(base, disk, Instant.EPOCH);
    tree.ensure(volume);
    root = Path.of(tree.offer(volume, "here"));
    outside = Files.createDirectory(base.resolve("outside"));
    Files.writeString(outside.resolve("f"), SECRET);
    Files.createDirectory(outside.resolve("e"));
    Files.createDirectory(root.resolve("d"));
    Files.writeString(root.resolve("d/f"), "inside");
    Files.createSymbolicLink(root.resolve("link"), outside);
    attacker = Thread.ofPlatform().start(this::exchange);
  }

  private void exchange() {
    byte[] directory = "d".getBytes(StandardCharsets.UTF_8);
    byte[] link = "link".getBytes(StandardCharsets.UTF_8);
    byte[] where = root.toString().getBytes(StandardCharsets.UTF_8);
    try (Descriptor in = Linux.openat(Linux.AT_FDCWD, where, Linux.O_PATH | Linux.O_DIRECTORY, 0)) {
      while (!over.get()) {
        Linux.renameat2(in.number(), directory, in.number(), link, EXCHANGE);
      }
    } catch (Errno failure) {
      throw new AssertionError(failure);
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    over.set(true);
    attacker.join();
    disk.close();
  }

  @ParameterizedTest
  @MethodSource("bothWays")
  void leaksNothingWhileADirectoryIsExchangedForALink(Beneath way) throws IOException {
    VolumeFiles files = new LocalFiles(tree, disk, way);
    int served = 0;
    int refused = 0;
    for (int at = 0; at < TRIES; at++) {
      try {
        step(files, at);
        served++;
      } catch (StorageException expected) {
        refused++;
      }
    }
    assertThat(served).as("the path was right now and then").isPositive();
    assertThat(refused).as("the attacker was in the way now and then").isPositive();
    assertThat(outside.resolve("f")).hasContent(SECRET);
    try (Stream<Path> all = Files.walk(outside)) {
      assertThat(all).hasSize(3);
    }
    System.out.println(
        "race way=" + way + " tries=" + TRIES + " served=" + served + " refused=" + refused);
  }

  private void step(VolumeFiles files, int at) {
    switch (at % 10) {
      case 0 -> {
        try (Upload upload = files.write(volume, path("d/w"), false)) {
          upload.append(ByteBuffer.wrap(new byte[] {1}));
          if (at % 200 == 0) {
            upload.commit();
          }
        }
      }
      case 1 -> files.createDirectory(volume, path("d/n/m"), true);
      case 2 -> files.delete(volume, path("d/e"));
      case 3 ->
          assertThat(files.list(volume, path("d"), new byte[0], 100).files())
              .noneMatch(file -> file.path().equals("d/e"));
      case 4 -> assertThat(files.stat(volume, path("d/f")).type()).isNotNull();
      default -> {
        try (VolumeFiles.Reader reader = files.read(volume, path("d/f"), 0, 0)) {
          assertThat(StandardCharsets.UTF_8.decode(reader.next(100)).toString())
              .isEqualTo("inside");
        }
      }
    }
  }

  /** The attack is one: who looks first and opens second gives the secret away. */
  @Test
  void wouldLeakIfPathsWereCheckedBeforeTheyAreOpened() {
    boolean leaked = false;
    for (int at = 0; at < 1_000_000 && !leaked; at++) {
      try {
        Path file = root.resolve("d/f");
        if (file.toRealPath().startsWith(root)) {
          leaked = Files.readString(file).equals(SECRET);
        }
      } catch (IOException again) {
        continue;
      }
    }
    assertThat(leaked).isTrue();
  }

  private static VolumePath path(String text) {
    return VolumePath.parse("path", text);
  }
}
