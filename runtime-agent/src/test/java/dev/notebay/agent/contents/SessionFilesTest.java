package dev.notebay.agent.contents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.agent.core.content.ContentException;
import dev.notebay.agent.core.content.ContentPath;
import dev.notebay.agent.core.content.ContentStore.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SessionFilesTest {
  @TempDir Path top;
  private Path content;
  private Path volume;
  private SessionFiles files;

  @BeforeEach
  void lay() throws IOException {
    content = Files.createDirectories(top.resolve("u1/content"));
    volume = Files.createDirectories(top.resolve("volumes/u1"));
    Files.createDirectories(top.resolve("volumes/u1x"));
    Files.writeString(top.resolve("volumes/u1x/secret.txt"), "secret");
    Files.createDirectories(top.resolve("u1/contentx"));
    Files.writeString(top.resolve("u1/contentx/secret.txt"), "secret");
    Files.writeString(top.resolve("secret.txt"), "secret");
    files =
        new SessionFiles(
            content,
            Optional.of(new SessionFiles.Volume(Path.of("/mnt/volume"), volume)),
            new SplittableRandom(1));
  }

  private static ContentPath path(String text) {
    return ContentPath.parse(text);
  }

  private void isNotThere(String text) {
    assertThatThrownBy(() -> files.read(path(text), 100))
        .as(text)
        .isInstanceOf(ContentException.class)
        .satisfies(failure -> assertThat(failure).isNotInstanceOf(ContentException.TooLarge.class));
    assertThatThrownBy(() -> files.list(path(text))).as(text).isInstanceOf(ContentException.class);
  }

  @Test
  void findsNothingOutsideByAnyName() throws IOException {
    Files.createSymbolicLink(content.resolve("out"), top);
    Files.createSymbolicLink(content.resolve("sibling"), Path.of("../contentx"));
    Files.createSymbolicLink(content.resolve("neighbour"), top.resolve("volumes/u1x"));
    Files.createSymbolicLink(content.resolve("file.txt"), top.resolve("secret.txt"));
    Files.createSymbolicLink(content.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(content.resolve("near"), Path.of("/mnt/volume/" + "../volumex"));
    for (String attack :
        List.of(
            "../contentx/secret.txt",
            "..",
            "a/../../secret.txt",
            "./../secret.txt",
            "out/secret.txt",
            "out",
            "sibling/secret.txt",
            "neighbour/secret.txt",
            "file.txt",
            "loop",
            "loop/a",
            "near",
            ".hidden",
            "a/.ssh/id",
            "\0",
            "a\0b",
            "x".repeat(300),
            "x/".repeat(3000),
            "etc/passwd")) {
      try {
        isNotThere(attack);
      } catch (ContentException.NotFound refusedAlready) {
        assertThat(refusedAlready).isNotNull();
      }
    }
    assertThat(files.list(path(""))).isEmpty();
    for (String write : List.of("out/new.txt", "sibling/new.txt", "file.txt")) {
      assertThatThrownBy(() -> files.write(path(write), new byte[1]))
          .as(write)
          .isInstanceOf(ContentException.class);
      assertThatThrownBy(() -> files.delete(path(write)))
          .as(write)
          .isInstanceOf(ContentException.class);
    }
    assertThat(Files.readString(top.resolve("secret.txt"))).isEqualTo("secret");
  }

  @Test
  void showsTheVolumeWhereItWasMounted() throws IOException {
    Files.createDirectories(content.resolve("drive"));
    Files.createSymbolicLink(content.resolve("drive/MyDrive"), Path.of("/mnt/volume"));
    Files.writeString(volume.resolve("kept.txt"), "kept");
    assertThat(files.stat(path("drive/MyDrive")).directory()).isTrue();
    assertThat(files.list(path("drive"))).extracting(Entry::name).containsExactly("MyDrive");
    assertThat(files.read(path("drive/MyDrive/kept.txt"), 100)).asString().isEqualTo("kept");
    files.makeDirectory(path("drive/MyDrive/new"));
    files.write(path("drive/MyDrive/new/a.txt"), new byte[] {'a'});
    assertThat(volume.resolve("new/a.txt")).hasContent("a");
    Files.createSymbolicLink(volume.resolve("u1x"), top.resolve("volumes/u1x"));
    isNotThere("drive/MyDrive/u1x/secret.txt");
    assertThatThrownBy(() -> files.delete(path("drive/MyDrive")))
        .isInstanceOf(ContentException.WrongKind.class);
    files.delete(path("drive"));
    assertThat(volume.resolve("kept.txt")).as("only the link is deleted").exists();
  }

  @Test
  void refusesWhatIsNeitherFileNorDirectory() throws Exception {
    assertThat(new ProcessBuilder("mkfifo", content.resolve("pipe").toString()).start().waitFor())
        .isZero();
    isNotThere("pipe");
    assertThatThrownBy(() -> files.write(path("pipe"), new byte[1]))
        .isInstanceOf(ContentException.WrongKind.class);
    assertThat(files.list(path(""))).isEmpty();
  }

  @Test
  void savesWholeOrNotAtAll() throws IOException {
    files.write(path("a.txt"), new byte[] {'1'});
    Files.setPosixFilePermissions(
        content.resolve("a.txt"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-x---"));
    files.write(path("a.txt"), new byte[] {'2'});
    assertThat(content.resolve("a.txt")).hasContent("2");
    assertThat(Files.isExecutable(content.resolve("a.txt"))).isTrue();
    assertThatThrownBy(() -> files.write(path("missing/a.txt"), new byte[1]))
        .isInstanceOf(ContentException.NotFound.class);
    try (var left = Files.list(content)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void neverLeavesTheTreeWhileDirectoriesAreSwappedForLinks() throws Exception {
    Path inside = Files.createDirectory(content.resolve("dir"));
    Files.writeString(inside.resolve("secret.txt"), "mine");
    Path link = Files.createSymbolicLink(content.resolve("link"), top.resolve("u1/contentx"));
    var stop = new AtomicBoolean();
    Thread swapper =
        Thread.ofPlatform()
            .start(
                () -> {
                  Path spare = content.resolve("spare");
                  while (!stop.get()) {
                    try {
                      Files.move(inside, spare, StandardCopyOption.ATOMIC_MOVE);
                      Files.move(link, inside, StandardCopyOption.ATOMIC_MOVE);
                      Files.move(inside, link, StandardCopyOption.ATOMIC_MOVE);
                      Files.move(spare, inside, StandardCopyOption.ATOMIC_MOVE);
                    } catch (IOException failure) {
                      throw new java.io.UncheckedIOException(failure);
                    }
                  }
                });
    int read = 0;
    try {
      for (int attempt = 0; attempt < 5_000; attempt++) {
        try {
          assertThat(files.read(path("dir/secret.txt"), 100)).asString().isEqualTo("mine");
          read++;
        } catch (ContentException swapped) {
          assertThat(swapped.getMessage()).doesNotContain("contentx");
        }
      }
    } finally {
      stop.set(true);
      swapper.join();
    }
    assertThat(read).isPositive();
  }
}
