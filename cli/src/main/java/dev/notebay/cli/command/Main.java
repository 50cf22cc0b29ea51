package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Terminal;
import io.grpc.StatusRuntimeException;
import java.io.Console;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the command line starts. */
public final class Main {
  private static final Logger ROOT = Logger.getLogger("");

  private Main() {}

  public static void main(String[] arguments) {
    ROOT.setLevel(Level.OFF);
    Map<String, String> environment = System.getenv();
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    System.exit(
        run(
            List.of(arguments),
            environment,
            Terminal.ofProcess(
                flag(environment, "NOTEBAY_OUTPUT_IS_TERMINAL", terminal),
                flag(environment, "NOTEBAY_INPUT_IS_TERMINAL", terminal))));
  }

  /** The start script knows better than the JVM which of the three streams are a terminal. */
  private static boolean flag(Map<String, String> environment, String name, boolean otherwise) {
    String value = environment.get(name);
    return value == null ? otherwise : value.equals("1");
  }

  /**
   * Runs one command.
   *
   * @return its exit code
   */
  static int run(List<String> arguments, Map<String, String> environment, Terminal terminal) {
    try (var app = new App(Settings.of(environment), terminal)) {
      return commandLine(app).execute(arguments.toArray(String[]::new));
    } catch (CliFailure failure) {
      terminal.failure(failure);
      return failure.exitCode();
    }
  }

  static CommandLine commandLine(App app) {
    var commandLine =
        new CommandLine(new Notebay(), new Commands(app))
            .setExecutionExceptionHandler((failure, line, parsed) -> report(app, failure))
            .setParameterExceptionHandler((wrong, args) -> report(app.terminal(), wrong));
    commandLine.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            app.terminal().interactive() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    return commandLine;
  }

  private static int report(App app, Exception failure) {
    Terminal terminal = app.terminal();
    CliFailure known =
        switch (failure) {
          case CliFailure cli -> cli;
          case StatusRuntimeException status ->
              app.services().schedulerFailure(status) instanceof CliFailure cli
                  ? cli
                  : CliFailure.unavailable(String.valueOf(status.getMessage()), "");
          default ->
              CliFailure.unavailable(
                  "unexpected: " + failure, "with NOTEBAY_DEBUG=1 the place is shown");
        };
    terminal.failure(known);
    if (app.settings().variable("NOTEBAY_DEBUG").isPresent()) {
      for (StackTraceElement place : failure.getStackTrace()) {
        terminal.note("    at " + place);
      }
    }
    return known.exitCode();
  }

  private static int report(Terminal terminal, ParameterException wrong) {
    CommandLine line = wrong.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    List<String> suggestions =
        wrong instanceof UnmatchedArgumentException unmatched
            ? Suggestions.of(unmatched.getUnmatched().getFirst(), line.getCommandSpec())
            : List.of();
    String message = String.valueOf(wrong.getMessage()).replaceAll("\\s*\\R\\s*", " ");
    terminal.failure(
        CliFailure.usage(
            message,
            suggestions.isEmpty()
                ? "how it is used: ./" + name + " --help"
                : "did you mean: " + String.join(" or ", suggestions)));
    return ExitCode.USAGE;
  }
}
