package dev.notebay.cli.command;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.grpc.SessionText;
import dev.notebay.cli.grpc.Sessions;
import dev.notebay.cli.services.Runtimes;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.proto.session.v1.Session;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "down",
    description = {
      "Stops your sessions (their kernels may end by themselves first), then the services of this"
          + " machine with their database. Volumes stay."
    })
final class DownCommand implements Callable<Integer> {
  private static final Duration SESSIONS = Duration.ofSeconds(45);
  private final App app;
  @Mixin HelpOption help;
  @ArgGroup Choice choice = new Choice();

  /** What happens to sessions. */
  static final class Choice {
    @Option(
        names = "--keep-sessions",
        description = "Leave sessions running; the next up finds them again.")
    boolean keepSessions;

    @Option(
        names = "--force",
        description = "Also end sessions of other users, and those that do not answer.")
    boolean force;
  }

  DownCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    var runtimes = new Runtimes(app.settings().home());
    if (!choice.keepSessions) {
      stopSessions(runtimes);
    }
    List<String> stopped = app.installation().down(!choice.keepSessions);
    app.terminal()
        .line(
            stopped.isEmpty()
                ? "Notebay is not up."
                : "Notebay is down: stopped " + String.join(", ", stopped) + ".");
    int left = runtimes.running().size();
    if (left > 0) {
      app.terminal()
          .note("  " + left + " runtime(s) go on; the next ./notebay up finds them again");
    }
    return ExitCode.OK;
  }

  private void stopSessions(Runtimes runtimes) {
    boolean schedulerAnswers = app.installation().isUp();
    if (schedulerAnswers) {
      stopOwnSessions();
    }
    int left = runtimes.running().size();
    if (left == 0) {
      return;
    }
    if (!choice.force) {
      throw CliFailure.refused(
          left
              + (schedulerAnswers
                  ? " session(s) of other users still run"
                  : " session(s) still run, and the scheduler does not answer"),
          "end them: ./notebay down --force   leave them running: ./notebay down --keep-sessions");
    }
    app.terminal().progress("ending " + left + " runtime(s)");
    runtimes.terminateAll();
    app.terminal().clearProgress();
  }

  private void stopOwnSessions() {
    Sessions sessions = app.sessions();
    List<Session> running = sessions.list(false);
    running.forEach(session -> sessions.stop(session.getName()));
    var deadline = SystemClock.in(SESSIONS);
    List<Session> left = running;
    while (!left.isEmpty() && !deadline.passed()) {
      app.terminal().progress("stopping " + left.size() + " session(s)");
      Pause.shortly();
      left = sessions.list(false);
    }
    for (Session session : left) {
      app.terminal()
          .note("notebay: " + session.getName() + " is still " + SessionText.state(session));
    }
    if (!running.isEmpty()) {
      app.terminal().line("Stopped " + (running.size() - left.size()) + " session(s).");
    }
  }
}
