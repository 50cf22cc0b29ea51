package dev.notebay.cli.command;

import dev.notebay.cli.grpc.SessionText;
import dev.notebay.cli.grpc.Sessions;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Table;
import dev.notebay.cli.terminal.Terminal;
import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.ExtendSessionRequest;
import dev.notebay.proto.session.v1.QueueStatus;
import dev.notebay.proto.session.v1.Session;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "session", description = "Lists, shows, makes, extends and stops sessions.")
final class SessionCommand implements Runnable {
  private static final String ID = "A session's id or how it begins.";
  private final App app;
  @Spec CommandSpec spec;
  @Mixin HelpOption help;

  SessionCommand(App app) {
    this.app = app;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "session: no command (expected: list, get, watch, create, stop, extend or token)");
  }

  @Command(name = "list", description = "Lists your sessions, newest first.")
  int list(
      @Mixin HelpOption help,
      @Option(names = "--all", description = "Also those that have ended.") boolean all,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    List<Session> sessions = app.sessions().list(all);
    if (json) {
      app.terminal().line(Json.of(sessions));
      return ExitCode.OK;
    }
    var table = new Table("ID", "STATE", "ACCELERATOR", "NAME", "AGE", "NEXT");
    for (Session session : sessions) {
      table.row(
          Sessions.id(session),
          SessionText.state(session),
          SessionText.accelerator(session.getAccelerator()),
          session.getDisplayName(),
          Times.ago(session.getCreateTime()),
          next(session));
    }
    if (sessions.isEmpty()) {
      app.terminal()
          .note("no sessions" + (all ? "" : " (ended ones: ./notebay session list --all)"));
    } else {
      table.lines().forEach(app.terminal()::line);
    }
    return ExitCode.OK;
  }

  @Command(name = "get", description = "Shows one session.")
  int get(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "ID", description = ID) String id,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    show(app.sessions().get(app.sessions().resolve(id)), json);
    return ExitCode.OK;
  }

  @Command(name = "watch", description = "Shows a session's changes until it has ended.")
  int watch(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "ID", description = ID) String id,
      @Option(names = "--json", description = "Each as JSON.") boolean json) {
    app.sessions()
        .watch(
            app.sessions().resolve(id),
            session -> {
              app.terminal()
                  .line(
                      json
                          ? Json.of(session)
                          : Times.instant(session.getUpdateTime())
                              + "  "
                              + SessionText.state(session)
                              + "  "
                              + next(session));
              return true;
            });
    return ExitCode.OK;
  }

  @Command(name = "create", description = "Asks for a session and leaves it to itself.")
  int create(
      @Mixin HelpOption help,
      @Mixin SessionOptions options,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    Session wanted = options.wanted();
    app.ensureUp();
    Session made = app.sessions().create(wanted);
    if (json) {
      app.terminal().line(Json.of(made));
    } else {
      app.terminal().line(Sessions.id(made));
      app.terminal().note(SessionText.progress(made));
    }
    return ExitCode.OK;
  }

  @Command(name = "stop", description = "Stops sessions.")
  int stop(
      @Mixin HelpOption help,
      @Parameters(arity = "1..*", paramLabel = "ID", description = ID) List<String> ids) {
    for (String id : ids) {
      Session session = app.sessions().stop(app.sessions().resolve(id));
      app.terminal().line(Sessions.id(session) + "  " + SessionText.state(session));
    }
    return ExitCode.OK;
  }

  @Command(name = "extend", description = "Postpones a session's idle cut.")
  int extend(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "ID", description = ID) String id,
      @Option(names = "--for", paramLabel = "TIME", description = "How long, for instance 2h.")
          @Nullable String duration) {
    var request = ExtendSessionRequest.newBuilder();
    if (duration != null) {
      request.setExtension(SessionOptions.proto(Quantities.duration("--for", duration)));
    }
    request.setName(app.sessions().resolve(id));
    Session session = app.services().sessions(stub -> stub.extendSession(request.build()));
    app.terminal().line(Sessions.id(session) + "  " + next(session));
    return ExitCode.OK;
  }

  @Command(
      name = "token",
      description = "Prints the token for a session's Jupyter server, and nothing else.")
  int token(@Mixin HelpOption help, @Parameters(paramLabel = "ID", description = ID) String id) {
    Session session = app.sessions().get(app.sessions().resolve(id));
    app.terminal().line(app.tokens().get());
    if (session.hasRuntime()) {
      app.terminal().note("  for " + session.getRuntime().getJupyterUri());
    }
    return ExitCode.OK;
  }

  /** What happens next to a session, and when. */
  private static String next(Session session) {
    if (session.getState() == Session.State.STATE_RUNNING) {
      var activity = session.getActivity();
      if (activity.hasStopTime()) {
        return "stops "
            + Times.until(activity.getStopTime())
            + " ("
            + SessionText.reason(activity.getStopReason())
            + ")";
      }
      return activity.getExplanation();
    }
    String start = start(session.getQueue());
    return SessionText.progress(session) + (start.isEmpty() ? "" : "; starts " + start);
  }

  /** By when a waiting session starts at the latest, and when probably. */
  private static String start(QueueStatus queue) {
    List<String> parts = new ArrayList<>();
    if (queue.hasStartBy()) {
      parts.add("at the latest " + Times.until(queue.getStartBy()));
    }
    if (queue.hasEstimatedStartTime()) {
      parts.add("probably " + Times.until(queue.getEstimatedStartTime()));
    }
    return String.join(", ", parts);
  }

  private void show(Session session, boolean json) {
    Terminal terminal = app.terminal();
    if (json) {
      terminal.line(Json.of(session));
      return;
    }
    var table = new Table("SESSION", Sessions.id(session));
    table.row("state", SessionText.progress(session));
    String start = start(session.getQueue());
    if (!start.isEmpty()) {
      table.row("starts", start);
    }
    table.row("name", session.getDisplayName());
    table.row("queue", session.getQueueName() + ", priority " + session.getPriority());
    table.row("owner", session.getOwner());
    table.row("accelerator", SessionText.accelerator(session.getAccelerator()));
    table.row(
        "compute",
        session.getCompute().getCpuMilli() / 1000.0
            + " CPU, "
            + Quantities.show(session.getCompute().getMemoryBytes()));
    table.row("volume", session.getVolume().isEmpty() ? "none" : session.getVolume());
    table.row("created", Times.instant(session.getCreateTime()).toString());
    if (session.hasPlacement()) {
      table.row(
          "placed",
          "on "
              + session.getPlacement().getNode()
              + ", attempt "
              + session.getPlacement().getAttempt()
              + devices(session));
    }
    if (session.hasRuntime()) {
      table.row("jupyter", session.getRuntime().getJupyterUri());
    }
    if (session.hasActivity()) {
      table.row("activity", session.getActivity().getExplanation());
      table.row("next", next(session));
    }
    for (Condition condition : session.getConditionsList()) {
      table.row(
          condition.getType(),
          condition.getStatus().name().replaceFirst("^STATUS_", "")
              + "  "
              + condition.getMessage());
    }
    table.lines().forEach(terminal::line);
  }

  private static String devices(Session session) {
    var devices = session.getPlacement().getDevicesList();
    return devices.isEmpty() ? "" : ", devices " + String.join(" ", devices);
  }
}
