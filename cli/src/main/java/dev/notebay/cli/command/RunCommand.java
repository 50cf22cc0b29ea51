package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.notebook.Notebook;
import dev.notebay.cli.notebook.NotebookRun;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.proto.session.v1.Session;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    description = {
      "Runs a notebook in a session of its own and writes what came out beside it, as NAME.out.ipynb.",
      "^C interrupts the running cell; once more stops the session."
    })
final class RunCommand implements Callable<Integer> {
  private final App app;
  @Mixin HelpOption help;
  @Mixin SessionOptions options = new SessionOptions();

  @Parameters(paramLabel = "NOTEBOOK", description = "A notebook of format 4.")
  Path notebook = Path.of("");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write.")
  @Nullable Path output;

  @Option(names = "--allow-errors", description = "Go on after a cell that raised.")
  boolean allowErrors;

  @Option(names = "--keep", description = "Leave the session running afterwards.")
  boolean keep;

  @Option(names = "--no-sandbox", description = "As for up.")
  boolean noSandbox;

  RunCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    Notebook content = Notebook.read(notebook);
    Path to = output == null ? Notebook.outputBeside(notebook) : output;
    checkWritable(to);
    Session.Builder wanted = options.wanted().toBuilder();
    if (wanted.getDisplayName().isEmpty()) {
      String name = notebook.getFileName().toString();
      wanted.setDisplayName(name.substring(0, Math.min(100, name.length())));
    }
    if (noSandbox) {
      app.set(Settings.SANDBOX, "none");
    }
    app.ensureUp();
    int exitCode =
        new SessionWork(app)
            .inNew(
                wanted.build(),
                content.kernelName(),
                keep,
                kernel -> {
                  try {
                    return new NotebookRun(content, app.terminal(), allowErrors).in(kernel);
                  } finally {
                    content.write(to);
                    app.terminal().note("notebay: wrote " + to);
                  }
                });
    Pointers.show(app);
    return exitCode;
  }

  /** Better now than when the outputs are there. */
  private static void checkWritable(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.isWritable(directory) || Files.isDirectory(file)) {
      throw CliFailure.usage(
          "cannot write " + file + (Files.isDirectory(file) ? ": it is a directory" : ""),
          "choose another with --output FILE");
    }
  }
}
