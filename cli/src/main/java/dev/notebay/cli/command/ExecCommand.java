package dev.notebay.cli.command;

import dev.notebay.cli.notebook.Notebook;
import dev.notebay.cli.notebook.NotebookRun;
import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    description = "Runs one piece of code in a new session, or in a given one and its kernel.")
final class ExecCommand implements Callable<Integer> {
  private static final String PYTHON = "python3";
  private final App app;
  @Mixin HelpOption help;
  @Mixin SessionOptions options = new SessionOptions();

  @Parameters(paramLabel = "CODE", description = "The code; - reads it from standard input.")
  String code = "";

  @Option(names = "--session", paramLabel = "ID", description = "The session to run it in.")
  @Nullable String session;

  @Option(names = "--keep", description = "Leave a new session running afterwards.")
  boolean keep;

  ExecCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    String source = code.equals("-") ? standardInput() : code;
    if (source.isBlank()) {
      throw CliFailure.usage("CODE: nothing in it (expected: Python code)", "");
    }
    Notebook content = Notebook.ofCode(source);
    var run = new NotebookRun(content, app.terminal(), false);
    if (session != null) {
      String name = app.sessions().resolve(session);
      return new SessionWork(app).inExisting(name, PYTHON, run::in);
    }
    app.ensureUp();
    return new SessionWork(app).inNew(options.wanted(), PYTHON, keep, run::in);
  }

  private static String standardInput() {
    try {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw CliFailure.usage("standard input cannot be read: " + failure.getMessage(), "");
    }
  }
}
