package dev.notebay.storage.files;

import dev.notebay.storage.core.file.FileDescription;
import dev.notebay.storage.core.file.FileDescription.Type;
import dev.notebay.storage.core.file.VolumeFiles;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.volume.StorageException.FileExists;
import dev.notebay.storage.core.volume.StorageException.WrongFileType;
import dev.notebay.storage.core.volume.StorageException.WrongFileType.Problem;
import dev.notebay.storage.core.volume.Volume;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/** The files of volumes in a {@link LocalTree}. */
public final class LocalFiles implements VolumeFiles {
  private static final int DIRECTORY_MODE = 0755;

  private final LocalTree tree;
  private final DiskThreads disk;
  private final Beneath beneath;

  public LocalFiles(LocalTree tree, DiskThreads disk) {
    this(tree, disk, Beneath.best());
  }

  LocalFiles(LocalTree tree, DiskThreads disk, Beneath beneath) {
    this.tree = tree;
    this.disk = disk;
    this.beneath = beneath;
  }

  @Override
  public Page list(Volume volume, VolumePath path, byte[] after, int limit) {
    return disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid());
              Descriptor handle = beneath.directory(root, path);
              Descriptor directory = Beneath.reopen(handle)) {
            return page(directory, path, smallest(directory, after, limit + 1), limit);
          }
        });
  }

  /** The first {@code count} names after {@code after}, whatever the size of the directory. */
  private static List<byte[]> smallest(Descriptor directory, byte[] after, int count) throws Errno {
    var greatestFirst = new PriorityQueue<byte[]>((a, b) -> Arrays.compareUnsigned(b, a));
    Entries.each(
        directory,
        name -> {
          if (Arrays.compareUnsigned(name, after) > 0 && !LocalUpload.isTemporary(name)) {
            greatestFirst.add(name);
            if (greatestFirst.size() > count) {
              greatestFirst.poll();
            }
          }
          return true;
        });
    List<byte[]> names = new ArrayList<>(greatestFirst);
    names.sort(Arrays::compareUnsigned);
    return names;
  }

  private static Page page(Descriptor directory, VolumePath path, List<byte[]> names, int limit)
      throws Errno {
    boolean more = names.size() > limit;
    List<byte[]> shown = more ? names.subList(0, limit) : names;
    String prefix = path.isRoot() ? "" : path + "/";
    List<FileDescription> files = new ArrayList<>();
    for (byte[] name : shown) {
      try {
        Linux.Stat stat = Linux.lstatat(directory.number(), name);
        files.add(describe(prefix + new String(name, StandardCharsets.UTF_8), stat));
      } catch (Errno failure) {
        if (failure.code() != Errno.ENOENT) {
          throw failure;
        }
      }
    }
    return new Page(files, more ? shown.getLast() : new byte[0]);
  }

  @Override
  public FileDescription stat(Volume volume, VolumePath path) {
    return disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid());
              Descriptor handle = beneath.handle(root, path)) {
            return describe(path.toString(), Linux.fstat(handle.number()));
          }
        });
  }

  @Override
  public Reader read(Volume volume, VolumePath path, long offset, long limit) {
    return disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid());
              Descriptor handle = beneath.handle(root, path)) {
            Linux.Stat stat = Linux.fstat(handle.number());
            requireFile(path, stat);
            return new LocalReader(disk, path, Beneath.reopen(handle), stat.size(), offset, limit);
          }
        });
  }

  @Override
  public Upload write(Volume volume, VolumePath path, boolean createOnly) {
    requireNotRoot(path);
    return disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid())) {
            return LocalUpload.begin(
                disk, beneath.directory(root, path.parent()), path, createOnly);
          }
        });
  }

  @Override
  public FileDescription createDirectory(Volume volume, VolumePath path, boolean parents) {
    if (path.isRoot() && !parents) {
      throw new FileExists("/");
    }
    return disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid())) {
            if (parents) {
              return describe(path.toString(), makeAll(root, path));
            }
            try (Descriptor parent = beneath.directory(root, path.parent())) {
              byte[] name = Beneath.bytes(path.name());
              Linux.mkdirat(parent.number(), name, DIRECTORY_MODE);
              return describe(path.toString(), Linux.lstatat(parent.number(), name));
            }
          }
        });
  }

  private Linux.Stat makeAll(Descriptor root, VolumePath path) throws Errno {
    Descriptor at = beneath.directory(root, VolumePath.ROOT);
    for (String component : path.components()) {
      try (Descriptor parent = at) {
        try {
          Linux.mkdirat(parent.number(), Beneath.bytes(component), DIRECTORY_MODE);
        } catch (Errno failure) {
          if (failure.code() != Errno.EEXIST) {
            throw failure;
          }
        }
        at = beneath.directory(parent, new VolumePath(List.of(component)));
      }
    }
    try (Descriptor made = at) {
      return Linux.fstat(made.number());
    }
  }

  @Override
  public void delete(Volume volume, VolumePath path) {
    requireNotRoot(path);
    disk.run(
        path.toString(),
        () -> {
          try (Descriptor root = tree.root(volume.uid());
              Descriptor parent = beneath.directory(root, path.parent())) {
            byte[] name = Beneath.bytes(path.name());
            boolean directory = Linux.lstatat(parent.number(), name).isDirectory();
            Linux.unlinkat(parent.number(), name, directory ? Linux.AT_REMOVEDIR : 0);
            return path;
          }
        });
  }

  private static void requireNotRoot(VolumePath path) {
    if (path.isRoot()) {
      throw new WrongFileType("", Problem.IS_ROOT);
    }
  }

  static void requireFile(VolumePath path, Linux.Stat stat) {
    if (stat.isLink()) {
      throw new WrongFileType(path.toString(), Problem.PATH_HAS_LINK);
    }
    if (!stat.isFile()) {
      throw new WrongFileType(path.toString(), Problem.NOT_A_FILE);
    }
  }

  static FileDescription describe(String path, Linux.Stat stat) {
    Type type =
        stat.isFile()
            ? Type.FILE
            : stat.isDirectory() ? Type.DIRECTORY : stat.isLink() ? Type.SYMLINK : Type.OTHER;
    return new FileDescription(path, type, type == Type.FILE ? stat.size() : 0, stat.modified());
  }
}
