package dev.notebay.cli.command;

import dev.notebay.cli.terminal.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "help", description = "Shows how a command is used.")
final class HelpCommand implements Callable<Integer> {
  private final App app;
  @Spec CommandSpec spec;

  @Parameters(arity = "0..2", paramLabel = "COMMAND")
  List<String> path = new ArrayList<>();

  HelpCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    CommandLine of = spec.root().commandLine();
    for (String name : path) {
      CommandLine next = of.getSubcommands().get(name);
      if (next == null) {
        throw new ParameterException(spec.commandLine(), "no such command: " + name);
      }
      of = next;
    }
    app.terminal().text(of.getUsageMessage());
    return ExitCode.OK;
  }
}
