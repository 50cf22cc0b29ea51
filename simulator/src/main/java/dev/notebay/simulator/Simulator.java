package dev.notebay.simulator;

import dev.notebay.simulator.bench.BenchDurable;
import dev.notebay.simulator.bench.BenchKubernetes;
import dev.notebay.simulator.bench.BenchPlacement;
import dev.notebay.simulator.openb.BadInput;
import java.io.IOException;
import java.nio.file.FileSystemException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program behind {@code ./notebay simulate} and {@code ./notebay bench}. */
@Command(
    name = "notebay",
    subcommands = {Simulate.class, Simulator.Bench.class},
    mixinStandardHelpOptions = true)
public final class Simulator {
  private static final int UNUSABLE = 2;

  /** Groups what measures. */
  @Command(
      name = "bench",
      description = "Measures against fixed bars.",
      subcommands = {BenchPlacement.class, BenchDurable.class, BenchKubernetes.class})
  static final class Bench {}

  private Simulator() {}

  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Simulator())
        .setExecutionExceptionHandler(
            (thrown, line, _) ->
                switch (thrown) {
                  case BadInput _ -> say(line, thrown.getMessage());
                  case FileSystemException e -> say(line, e.getMessage() + ": cannot be written");
                  case IOException _ -> say(line, thrown.toString());
                  default -> throw thrown;
                })
        .setParameterExceptionHandler(
            (thrown, _) -> {
              CommandLine line = thrown.getCommandLine();
              say(line, thrown.getMessage());
              line.getErr().println("type: ./notebay " + path(line) + " --help");
              line.getErr().flush();
              return UNUSABLE;
            });
  }

  private static int say(CommandLine line, @Nullable String message) {
    line.getErr().println(path(line) + ": " + message);
    line.getErr().flush();
    return UNUSABLE;
  }

  private static String path(CommandLine line) {
    return line.getCommandSpec().qualifiedName().replaceFirst("^notebay ", "");
  }
}
