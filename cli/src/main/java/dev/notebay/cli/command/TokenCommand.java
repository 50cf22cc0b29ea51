package dev.notebay.cli.command;

import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "token",
    description = "Prints a token of this machine, good for 15 minutes, and nothing else.")
final class TokenCommand implements Callable<Integer> {
  private static final int MOST = 200;
  private final App app;
  @Mixin HelpOption help;

  @Option(names = "--user", paramLabel = "NAME", description = "For whom; for you by default.")
  @Nullable String user;

  TokenCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    if (user == null) {
      app.terminal().line(app.tokens().get());
      return ExitCode.OK;
    }
    if (user.isBlank() || user.length() > MOST) {
      throw CliFailure.usage("--user: " + user + " (expected: 1 to 200 characters)", "");
    }
    app.terminal().line(app.tokens().mint(user.strip(), SystemClock.now()));
    return ExitCode.OK;
  }
}
