package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "up",
    description = "Starts the services of this machine and waits until they are healthy.")
final class UpCommand implements Callable<Integer> {
  private final App app;
  @Mixin HelpOption help;

  @Option(
      names = "--no-sandbox",
      description = "Run notebook code unshut: it can read whatever you can read.")
  boolean noSandbox;

  @Option(
      names = "--kubernetes",
      description =
          "Run sessions on the cluster of kubectl's current context, as NOTEBAY_KUBERNETES_CONFIG"
              + " says; only the services run on this machine.")
  boolean kubernetes;

  UpCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    if (app.settings().remote()) {
      throw CliFailure.usage(
          "NOTEBAY_TOKEN is set, so the services are not this machine's to start",
          "unset NOTEBAY_TOKEN and NOTEBAY_TOKEN_FILE to start your own");
    }
    if (noSandbox) {
      app.set(Settings.SANDBOX, "none");
    }
    if (kubernetes) {
      app.set(Settings.LAUNCH, Settings.KUBERNETES);
      app.set(Settings.VOLUMES, "claims");
    }
    Instant start = SystemClock.now();
    boolean started = app.installation().up();
    if (started) {
      double seconds = Duration.between(start, SystemClock.now()).toMillis() / 1000.0;
      app.terminal().line(String.format(Locale.ROOT, "Notebay is up (%.1f s).", seconds));
    } else {
      app.terminal().line("Notebay is up already.");
    }
    Pointers.show(app);
    return ExitCode.OK;
  }
}
