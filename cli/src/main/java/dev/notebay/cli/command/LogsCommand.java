package dev.notebay.cli.command;

import dev.notebay.cli.services.LogFile;
import dev.notebay.cli.services.Runtimes;
import dev.notebay.cli.services.ServiceKind;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    description = "Shows the end of a log: of both services, of one, or of a session.")
final class LogsCommand implements Callable<Integer> {
  private static final int MOST = 100_000;
  private final App app;
  @Mixin HelpOption help;

  @Parameters(
      arity = "0..1",
      paramLabel = "WHOSE",
      description = "scheduler, storage-gateway or a session's id.")
  @Nullable String whose;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      defaultValue = "40",
      description = "How many lines.")
  int lines = 40;

  @Option(
      names = {"-f", "--follow"},
      description = "Then go on as it grows.")
  boolean follow;

  LogsCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() throws IOException {
    if (lines < 0 || lines > MOST) {
      throw CliFailure.usage("--lines: " + lines + " (expected: 0 to " + MOST + ")", "");
    }
    if (whose == null) {
      if (follow) {
        throw CliFailure.usage(
            "--follow: whose log? (expected: scheduler, storage-gateway or a session's id)", "");
      }
      for (ServiceKind kind : ServiceKind.values()) {
        Path log = kind.log(app.settings().home());
        app.terminal().line("== " + log);
        LogFile.lastLines(log, lines).forEach(app.terminal()::line);
      }
      return ExitCode.OK;
    }
    Path log = find(whose);
    LogFile.lastLines(log, lines).forEach(app.terminal()::line);
    if (follow) {
      LogFile.follow(log, () -> true, app.terminal()::text);
    }
    return ExitCode.OK;
  }

  private Path find(String name) {
    for (ServiceKind kind : ServiceKind.values()) {
      if (kind.title().equals(name)) {
        Path log = kind.log(app.settings().home());
        if (!Files.isRegularFile(log)) {
          throw CliFailure.refused(
              "the " + name + " has no log yet: " + log, "start it: ./notebay up");
        }
        return log;
      }
    }
    String id = app.sessions().resolve(name).replaceFirst("^sessions/", "");
    return new Runtimes(app.settings().home())
        .agentLog(id)
        .orElseThrow(
            () ->
                CliFailure.refused(
                    "no log of session " + id + " on this machine",
                    "what became of it: ./notebay session get " + id));
  }
}
