package dev.notebay.agent.contents;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.notebay.agent.core.content.ContentException;
import dev.notebay.agent.core.content.ContentPath;
import dev.notebay.agent.core.content.ContentStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The session's content directory, and the volume where the person mounted it.
 *
 * <p>The code that runs in the session may rename and link things here at any moment. So each
 * directory of a path is opened beneath the one before it without following links (the kernel does
 * it, by {@code openat}), and what is done is done relative to the last. The volume appears as a
 * symbolic link to its mount point, which exists only inside the sandbox: wherever a link says
 * exactly that, the volume's own directory is opened instead. Nothing else that a link says is ever
 * used, so the race with somebody who changes it leads only to the person's own files.
 */
public final class SessionFiles implements ContentStore {
  private static final int MAXIMUM_ENTRIES = 10_000;
  private static final int MAXIMUM_DEPTH = 100;
  private static final String TEMPORARY = ".~notebay-";

  /** The volume as the sandbox and as this machine name it. */
  public record Volume(Path mount, Path directory) {}

  private final Path content;
  private final Optional<Volume> volume;
  private final RandomGenerator random;

  public SessionFiles(Path content, Optional<Volume> volume, RandomGenerator random) {
    this.content = content;
    this.volume = volume;
    this.random = random;
  }

  @FunctionalInterface
  private interface Work<T> {
    T in(Place place) throws IOException;
  }

  /** An open directory, and the tree it is in. */
  private record Place(SecureDirectoryStream<Path> directory, Path tree) {
    PosixFileAttributes attributes(Path name) throws IOException {
      return directory
          .getFileAttributeView(name, PosixFileAttributeView.class, NOFOLLOW_LINKS)
          .readAttributes();
    }

    Optional<PosixFileAttributes> find(Path name) throws IOException {
      try {
        return Optional.of(attributes(name));
      } catch (NoSuchFileException nothing) {
        return Optional.empty();
      }
    }
  }

  @Override
  public Entry stat(ContentPath path) {
    if (path.isRoot()) {
      return in(
          path,
          path,
          place ->
              entry(
                  "",
                  place
                      .directory()
                      .getFileAttributeView(PosixFileAttributeView.class)
                      .readAttributes()));
    }
    return in(path.parent(), path, place -> visible(place, path));
  }

  @Override
  public List<Entry> list(ContentPath directory) {
    return in(
        directory,
        directory,
        place -> {
          List<Entry> entries = new ArrayList<>();
          for (Path found : place.directory()) {
            String name = found.getFileName().toString();
            if (!name.startsWith(".") && entries.size() < MAXIMUM_ENTRIES) {
              find(place, directory.child(name)).ifPresent(entries::add);
            }
          }
          entries.sort(Comparator.comparing(Entry::name));
          return entries;
        });
  }

  @Override
  public byte[] read(ContentPath file, int limit) {
    return in(
        file.parent(),
        file,
        place -> {
          mustBeFile(place, file);
          try (SeekableByteChannel channel =
              place.directory().newByteChannel(name(file), Set.of(READ, NOFOLLOW_LINKS))) {
            long size = channel.size();
            if (size > limit) {
              throw new ContentException.TooLarge(file.toString(), limit);
            }
            var bytes = ByteBuffer.allocate((int) size);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
              // Read until the end as it was at the beginning.
            }
            return bytes.hasRemaining()
                ? java.util.Arrays.copyOf(bytes.array(), bytes.position())
                : bytes.array();
          }
        });
  }

  @Override
  public void write(ContentPath file, byte[] bytes) {
    if (file.isRoot()) {
      throw new ContentException.WrongKind("the content directory is a directory, not a file");
    }
    in(
        file.parent(),
        file,
        place -> {
          Optional<PosixFileAttributes> before = place.find(name(file));
          if (before.isPresent() && !before.get().isRegularFile()) {
            throw new ContentException.WrongKind(file + " is not a file");
          }
          Set<PosixFilePermission> permissions =
              before
                  .map(PosixFileAttributes::permissions)
                  .orElseGet(() -> PosixFilePermissions.fromString("rw-rw-r--"));
          Path temporary = temporary();
          try {
            try (SeekableByteChannel channel =
                place
                    .directory()
                    .newByteChannel(
                        temporary,
                        Set.of(WRITE, CREATE_NEW, NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(permissions))) {
              writeAll(channel, bytes);
              if (channel instanceof java.nio.channels.FileChannel disk) {
                disk.force(true);
              }
            }
            place.directory().move(temporary, place.directory(), name(file));
          } catch (IOException | RuntimeException failure) {
            deleteQuietly(place, temporary, failure);
            throw failure;
          }
          return true;
        });
  }

  @Override
  public void append(ContentPath file, byte[] bytes) {
    in(
        file.parent(),
        file,
        place -> {
          mustBeFile(place, file);
          try (SeekableByteChannel channel =
              place.directory().newByteChannel(name(file), Set.of(APPEND, NOFOLLOW_LINKS))) {
            writeAll(channel, bytes);
          }
          return true;
        });
  }

  @Override
  public void makeDirectory(ContentPath directory) {
    in(
        directory.parent(),
        directory,
        place -> {
          mustBeFree(place, directory);
          // There is no mkdirat in Java: made under a new name in the tree's own directory, whose
          // path nobody in the session can change, then moved beneath the open one.
          Path made = place.tree().resolve(temporary());
          Files.createDirectory(
              made,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxrwxr-x")));
          try (var tree = open(place.tree())) {
            tree.move(made.getFileName(), place.directory(), name(directory));
          } catch (IOException | RuntimeException failure) {
            Files.deleteIfExists(made);
            throw failure;
          }
          return true;
        });
  }

  @Override
  public void rename(ContentPath from, ContentPath to) {
    if (from.isRoot() || to.isRoot()) {
      throw new ContentException.WrongKind("the content directory cannot be renamed");
    }
    in(
        from.parent(),
        from,
        source -> {
          visible(source, from);
          return in(
              to.parent(),
              to,
              target -> {
                mustBeFree(target, to);
                source.directory().move(name(from), target.directory(), name(to));
                return true;
              });
        });
  }

  @Override
  public void delete(ContentPath path) {
    if (path.isRoot()) {
      throw new ContentException.WrongKind("the content directory cannot be deleted");
    }
    in(
        path.parent(),
        path,
        place -> {
          PosixFileAttributes attributes = place.attributes(name(path));
          if (attributes.isSymbolicLink()) {
            visible(place, path);
            throw new ContentException.WrongKind(path + " is a mounted volume");
          }
          visible(place, path);
          delete(place.directory(), name(path), attributes.isDirectory(), 0);
          return true;
        });
  }

  private static void delete(
      SecureDirectoryStream<Path> parent, Path name, boolean directory, int depth)
      throws IOException {
    if (!directory) {
      parent.deleteFile(name);
      return;
    }
    if (depth > MAXIMUM_DEPTH) {
      throw new ContentException.Refused("directories are nested too deeply");
    }
    try (var children = parent.newDirectoryStream(name, NOFOLLOW_LINKS)) {
      for (Path child : children) {
        Path childName = child.getFileName();
        boolean isDirectory =
            children
                .getFileAttributeView(childName, PosixFileAttributeView.class, NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
        delete(children, childName, isDirectory, depth + 1);
      }
    }
    parent.deleteDirectory(name);
  }

  /** Opens {@code directory} and works in it; {@code subject} is named when something is wrong. */
  private <T> T in(ContentPath directory, ContentPath subject, Work<T> work) {
    try {
      SecureDirectoryStream<Path> current = open(content);
      try {
        Path tree = content;
        Path reached = content;
        for (String name : directory.names()) {
          Path step = Path.of(name);
          PosixFileAttributes attributes =
              current
                  .getFileAttributeView(step, PosixFileAttributeView.class, NOFOLLOW_LINKS)
                  .readAttributes();
          reached = reached.resolve(step);
          SecureDirectoryStream<Path> next;
          if (attributes.isSymbolicLink() && isVolume(reached)) {
            tree = volume.orElseThrow().directory();
            reached = tree;
            next = open(tree);
          } else if (attributes.isDirectory()) {
            next = current.newDirectoryStream(step, NOFOLLOW_LINKS);
          } else {
            // Opening anything else could wait for ever, as a pipe's does.
            throw new NotDirectoryException(name);
          }
          current.close();
          current = next;
        }
        return work.in(new Place(current, tree));
      } finally {
        current.close();
      }
    } catch (NoSuchFileException | NotDirectoryException | FileSystemLoopException nothing) {
      throw new ContentException.NotFound(subject.toString());
    } catch (AccessDeniedException denied) {
      throw new ContentException.Refused("permission denied: " + subject);
    } catch (FileAlreadyExistsException exists) {
      throw new ContentException.Exists(subject.toString());
    } catch (IOException failure) {
      // A link met where a directory was expected ends here too: it is as if nothing were there.
      String message = String.valueOf(failure.getMessage());
      if (message.contains("Too many levels of symbolic links")
          || message.contains("Not a directory")) {
        throw new ContentException.NotFound(subject.toString());
      }
      throw new ContentException.Refused(subject + ": " + reason(failure));
    }
  }

  private static String reason(IOException failure) {
    return failure instanceof java.nio.file.FileSystemException file && file.getReason() != null
        ? file.getReason()
        : failure.getClass().getSimpleName();
  }

  private static SecureDirectoryStream<Path> open(Path directory) throws IOException {
    DirectoryStream<Path> opened = Files.newDirectoryStream(directory);
    if (opened instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    opened.close();
    throw new IOException("this system cannot open directories relative to others");
  }

  private boolean isVolume(Path link) throws IOException {
    return volume.isPresent() && Files.readSymbolicLink(link).equals(volume.get().mount());
  }

  private Entry visible(Place place, ContentPath path) throws IOException {
    return find(place, path).orElseThrow(() -> new ContentException.NotFound(path.toString()));
  }

  /** What may be shown: files, directories, and the link that stands for the volume. */
  private Optional<Entry> find(Place place, ContentPath path) throws IOException {
    Optional<PosixFileAttributes> found = place.find(name(path));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    PosixFileAttributes attributes = found.get();
    if (attributes.isRegularFile() || attributes.isDirectory()) {
      return Optional.of(entry(path.name(), attributes));
    }
    if (!attributes.isSymbolicLink() || volume.isEmpty()) {
      return Optional.empty();
    }
    try {
      // The directory of the volume, reached the way `in` reaches it, or nothing.
      return in(
          path,
          path,
          inside ->
              inside.tree().equals(volume.get().directory())
                  ? Optional.of(
                      entry(
                          path.name(),
                          inside
                              .directory()
                              .getFileAttributeView(PosixFileAttributeView.class)
                              .readAttributes()))
                  : Optional.empty());
    } catch (ContentException.NotFound | ContentException.Refused elsewhere) {
      return Optional.empty();
    }
  }

  private static Entry entry(String name, PosixFileAttributes attributes) {
    return new Entry(
        name,
        attributes.isDirectory(),
        attributes.size(),
        attributes.lastModifiedTime().toInstant(),
        attributes.creationTime().toInstant(),
        attributes.permissions().contains(PosixFilePermission.OWNER_WRITE));
  }

  private static void mustBeFile(Place place, ContentPath file) throws IOException {
    PosixFileAttributes attributes = place.attributes(name(file));
    if (attributes.isDirectory()) {
      throw new ContentException.WrongKind(file + " is a directory, not a file");
    }
    if (!attributes.isRegularFile()) {
      throw new ContentException.NotFound(file.toString());
    }
  }

  private static void mustBeFree(Place place, ContentPath path) throws IOException {
    if (path.isRoot() || place.find(name(path)).isPresent()) {
      throw new ContentException.Exists(path.toString());
    }
  }

  private static void writeAll(SeekableByteChannel channel, byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static void deleteQuietly(Place place, Path temporary, Exception cause) {
    try {
      place.directory().deleteFile(temporary);
    } catch (IOException also) {
      cause.addSuppressed(also);
    }
  }

  private Path temporary() {
    return Path.of(TEMPORARY + Long.toHexString(random.nextLong()));
  }

  private static Path name(ContentPath path) {
    return Path.of(path.name());
  }
}
