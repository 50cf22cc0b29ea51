package dev.notebay.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "notebay",
    description = "Runs notebooks in sessions of their own, with the accelerator they ask for.",
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      RunCommand.class,
      ExecCommand.class,
      SessionCommand.class,
      VolumeCommand.class,
      AcceleratorsCommand.class,
      QueueCommand.class,
      UsageCommand.class,
      LogsCommand.class,
      TokenCommand.class,
      BenchCommand.class,
      VersionCommand.class,
      HelpCommand.class,
      TrainCommand.class
    },
    footerHeading = "%n",
    footer = {
      "Also, by the script itself:",
      "  test [unit|e2e]  Build everything and run its tests.",
      "",
      "Exit codes: 0 done; 1 a cell raised or its kernel died; 2 wrong usage or a wrong file;",
      "3 refused (not found, impossible, over a limit); 4 Notebay does not run or answer;",
      "5 the session ended too early; 130 interrupted.",
      "",
      "State is kept in NOTEBAY_HOME. More: docs/getting-started.md"
    })
final class Notebay implements Runnable {
  @Spec CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "no command (expected: up, down, status, run, exec, session, volume, …)");
  }
}
