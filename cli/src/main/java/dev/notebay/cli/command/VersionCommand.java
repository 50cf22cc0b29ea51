package dev.notebay.cli.command;

import dev.notebay.cli.terminal.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "version", description = "Shows the version.")
final class VersionCommand implements Callable<Integer> {
  private final App app;
  @Mixin HelpOption help;

  VersionCommand(App app) {
    this.app = app;
  }

  static String version() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "unknown (not run from its jar)" : version;
  }

  @Override
  public Integer call() {
    app.terminal().line("notebay " + version() + ", Java " + Runtime.version());
    return ExitCode.OK;
  }
}
