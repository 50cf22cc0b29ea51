package dev.notebay.cli.command;

import dev.notebay.cli.grpc.Volumes;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Table;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.Volume;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "volume", description = "Makes, shows and removes volumes, and their files.")
final class VolumeCommand implements Runnable {
  private static final String VOLUME = "The volume's name, for instance drive.";
  private static final String PATH = "Relative to the volume's root.";
  private final App app;
  @Spec CommandSpec spec;
  @Mixin HelpOption help;

  VolumeCommand(App app) {
    this.app = app;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "volume: no command (expected: list, get, create, delete, undelete, ls, get-file, put-file,"
            + " mkdir or rm)");
  }

  @Command(name = "list", description = "Lists your volumes.")
  int list(
      @Mixin HelpOption help,
      @Option(names = "--all", description = "Also those in the trash.") boolean all,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    List<Volume> volumes = volumes().list(all);
    if (json) {
      app.terminal().line(Json.of(volumes));
      return ExitCode.OK;
    }
    if (volumes.isEmpty()) {
      app.terminal().note("no volumes (the volume drive is made by the first session)");
      return ExitCode.OK;
    }
    var table = new Table("NAME", "STATE", "USED", "QUOTA", "FILES", "MOUNTS");
    for (Volume volume : volumes) {
      table.row(
          Volumes.id(volume),
          state(volume),
          Quantities.show(volume.getUsage().getUsedBytes()),
          Quantities.show(volume.getQuotaBytes()),
          Long.toString(volume.getUsage().getFileCount()),
          Integer.toString(volume.getMountsCount()));
    }
    table.lines().forEach(app.terminal()::line);
    return ExitCode.OK;
  }

  @Command(name = "get", description = "Shows one volume.")
  int get(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "VOLUME", description = VOLUME) String volume,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    show(volumes().get(volume), json);
    return ExitCode.OK;
  }

  @Command(name = "create", description = "Makes a volume.")
  int create(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "VOLUME", description = VOLUME) String volume,
      @Option(names = "--single-writer", description = "One session at a time may have it.")
          boolean singleWriter) {
    var wanted =
        Volume.newBuilder()
            .setAccessMode(
                singleWriter
                    ? Volume.AccessMode.ACCESS_MODE_SINGLE_WRITER
                    : Volume.AccessMode.ACCESS_MODE_MULTI_WRITER)
            .build();
    app.ensureUp();
    show(volumes().create(volume, wanted), false);
    return ExitCode.OK;
  }

  @Command(name = "delete", description = "Puts a volume into the trash.")
  int delete(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "VOLUME", description = VOLUME) String volume) {
    Volume gone = volumes().delete(volume);
    app.terminal()
        .line(
            Volumes.id(gone)
                + " is in the trash until "
                + Times.instant(gone.getExpireTime())
                + "; back with: ./notebay volume undelete "
                + volume);
    return ExitCode.OK;
  }

  @Command(name = "undelete", description = "Takes a volume out of the trash.")
  int undelete(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "VOLUME", description = VOLUME) String volume) {
    show(volumes().undelete(volume), false);
    return ExitCode.OK;
  }

  @Command(name = "ls", description = "Lists a directory.")
  int ls(
      @Mixin HelpOption help,
      @Parameters(index = "0", paramLabel = "VOLUME", description = VOLUME) String volume,
      @Parameters(index = "1", arity = "0..1", paramLabel = "PATH", description = PATH)
          @Nullable String path,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    List<FileInfo> files = volumes().files(volume, path == null ? "" : path);
    if (json) {
      app.terminal().line(Json.of(files));
      return ExitCode.OK;
    }
    var table = new Table("TYPE", "SIZE", "MODIFIED", "PATH");
    for (FileInfo file : files) {
      table.row(
          file.getType().name().replaceFirst("^TYPE_", "").toLowerCase(java.util.Locale.ROOT),
          Quantities.show(file.getSizeBytes()),
          Times.instant(file.getModifyTime()).toString(),
          file.getPath());
    }
    table.lines().forEach(app.terminal()::line);
    return ExitCode.OK;
  }

  @Command(name = "get-file", description = "Copies a file out of a volume.")
  int getFile(
      @Mixin HelpOption help,
      @Parameters(index = "0", paramLabel = "VOLUME", description = VOLUME) String volume,
      @Parameters(index = "1", paramLabel = "PATH", description = PATH) String path,
      @Parameters(
              index = "2",
              arity = "0..1",
              paramLabel = "FILE",
              description = "Where to; - or nothing: to standard output.")
          @Nullable String file) {
    if (file == null || file.equals("-")) {
      volumes().read(volume, path, app.terminal()::bytes);
      return ExitCode.OK;
    }
    Path to = Path.of(file).toAbsolutePath();
    Path next = to.resolveSibling("." + to.getFileName() + "." + ProcessHandle.current().pid());
    try {
      try (var out = Files.newOutputStream(next)) {
        volumes()
            .read(
                volume,
                path,
                piece -> {
                  try {
                    out.write(piece);
                  } catch (IOException failure) {
                    throw cannotWrite(to, failure);
                  }
                });
        out.flush();
        Files.move(next, to, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(next);
      }
    } catch (IOException failure) {
      throw cannotWrite(to, failure);
    }
    return ExitCode.OK;
  }

  private static CliFailure cannotWrite(Path file, IOException failure) {
    return CliFailure.usage("cannot write " + file + ": " + failure.getMessage(), "");
  }

  @Command(name = "put-file", description = "Copies a file into a volume.")
  int putFile(
      @Mixin HelpOption help,
      @Parameters(index = "0", paramLabel = "VOLUME", description = VOLUME) String volume,
      @Parameters(index = "1", paramLabel = "FILE", description = "What; - for standard input.")
          String file,
      @Parameters(index = "2", paramLabel = "PATH", description = PATH) String path,
      @Option(names = "--create-only", description = "Refuse if there is such a file.")
          boolean createOnly) {
    try (InputStream content =
        file.equals("-")
            ? System.in
            : new BufferedInputStream(Files.newInputStream(Path.of(file)))) {
      FileInfo written = volumes().write(volume, path, createOnly, content);
      app.terminal().line(written.getPath() + "  " + Quantities.show(written.getSizeBytes()));
    } catch (NoSuchFileException missing) {
      throw CliFailure.usage("no such file: " + file, "");
    } catch (IOException failure) {
      throw CliFailure.usage("cannot read " + file + ": " + failure.getMessage(), "");
    }
    return ExitCode.OK;
  }

  @Command(name = "mkdir", description = "Makes a directory.")
  int mkdir(
      @Mixin HelpOption help,
      @Parameters(index = "0", paramLabel = "VOLUME", description = VOLUME) String volume,
      @Parameters(index = "1", paramLabel = "PATH", description = PATH) String path,
      @Option(
              names = {"-p", "--parents"},
              description = "Also those above it.")
          boolean parents) {
    app.terminal().line(volumes().makeDirectory(volume, path, parents).getPath());
    return ExitCode.OK;
  }

  @Command(name = "rm", description = "Removes a file or an empty directory.")
  int rm(
      @Mixin HelpOption help,
      @Parameters(index = "0", paramLabel = "VOLUME", description = VOLUME) String volume,
      @Parameters(index = "1", paramLabel = "PATH", description = PATH) String path) {
    volumes().remove(volume, path);
    return ExitCode.OK;
  }

  private Volumes volumes() {
    return new Volumes(app.services());
  }

  private static String state(Volume volume) {
    return volume.getState() == Volume.State.STATE_DELETED
        ? "in the trash until " + Times.instant(volume.getExpireTime())
        : "active";
  }

  private void show(Volume volume, boolean json) {
    if (json) {
      app.terminal().line(Json.of(volume));
      return;
    }
    var table = new Table("VOLUME", Volumes.id(volume));
    table.row("state", state(volume));
    table.row("owner", volume.getOwner());
    table.row(
        "used",
        Quantities.show(volume.getUsage().getUsedBytes())
            + " of "
            + Quantities.show(volume.getQuotaBytes())
            + ", "
            + volume.getUsage().getFileCount()
            + " files");
    volume
        .getMountsList()
        .forEach(
            mount ->
                table.row("mounted", "session " + mount.getSessionId() + " on " + mount.getNode()));
    table.lines().forEach(app.terminal()::line);
  }
}
