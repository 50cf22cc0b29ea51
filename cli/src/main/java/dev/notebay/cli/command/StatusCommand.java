package dev.notebay.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.cli.grpc.SessionText;
import dev.notebay.cli.services.Installation.ServiceStatus;
import dev.notebay.cli.services.Runtimes;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Table;
import dev.notebay.proto.session.v1.AcceleratorClass;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    description =
        "Shows the services, your sessions and the devices. Exits with 4 where not all is up.")
final class StatusCommand implements Callable<Integer> {
  private final App app;
  @Mixin HelpOption help;

  @Option(names = "--json", description = "As JSON.")
  boolean json;

  StatusCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    List<ServiceStatus> services = app.installation().status();
    boolean up = services.stream().allMatch(ServiceStatus::healthy);
    Map<String, Long> sessions = up ? sessionsByState() : Map.of();
    ListAcceleratorsResponse fleet = up ? fleet() : ListAcceleratorsResponse.getDefaultInstance();
    int runtimes = new Runtimes(app.settings().home()).running().size();
    if (json) {
      app.terminal().line(json(services, sessions, fleet, runtimes).toPrettyString());
    } else {
      show(services, sessions, fleet, runtimes);
    }
    return up ? ExitCode.OK : ExitCode.UNAVAILABLE;
  }

  private void show(
      List<ServiceStatus> services,
      Map<String, Long> sessions,
      ListAcceleratorsResponse fleet,
      int runtimes) {
    var table = new Table("SERVICE", "STATE", "PID", "GRPC", "HTTP");
    for (ServiceStatus service : services) {
      table.row(
          service.kind().title(),
          state(service),
          service.running() ? Long.toString(service.pid()) : "",
          app.settings().endpoint(service.kind().grpcVariable()).toString(),
          app.settings().endpoint(service.kind().httpVariable()).toString());
    }
    table.lines().forEach(app.terminal()::line);
    app.terminal().line("");
    app.terminal().line("version   " + VersionCommand.version());
    app.terminal().line("home      " + app.settings().home());
    app.terminal().line("runtimes  " + runtimes);
    if (services.stream().allMatch(ServiceStatus::healthy)) {
      app.terminal()
          .line(
              "sessions  "
                  + (sessions.isEmpty()
                      ? "none"
                      : sessions.entrySet().stream()
                          .map(entry -> entry.getValue() + " " + entry.getKey())
                          .collect(Collectors.joining(", "))));
      app.terminal().line("");
      AcceleratorsCommand.table(fleet).lines().forEach(app.terminal()::line);
    } else {
      app.terminal().note("  start what is missing: ./notebay up");
    }
  }

  private ObjectNode json(
      List<ServiceStatus> services,
      Map<String, Long> sessions,
      ListAcceleratorsResponse fleet,
      int runtimes) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", VersionCommand.version());
    root.put("home", app.settings().home().toString());
    var list = root.putArray("services");
    for (ServiceStatus service : services) {
      list.addObject()
          .put("name", service.kind().title())
          .put("state", state(service))
          .put("pid", service.pid())
          .put("grpc", app.settings().endpoint(service.kind().grpcVariable()).toString())
          .put("http", app.settings().endpoint(service.kind().httpVariable()).toString());
    }
    root.put("runtimes", runtimes);
    ObjectNode states = root.putObject("sessions");
    sessions.forEach(states::put);
    var devices = root.putArray("accelerators");
    for (AcceleratorClass each : fleet.getAcceleratorsList()) {
      devices
          .addObject()
          .put("type", each.getType())
          .put("free", each.getFree())
          .put("total", each.getTotal())
          .put("declared", each.getDeclared());
    }
    return root;
  }

  private Map<String, Long> sessionsByState() {
    try {
      return app.sessions().list(false).stream()
          .collect(Collectors.groupingBy(SessionText::state, TreeMap::new, Collectors.counting()));
    } catch (CliFailure failure) {
      app.terminal().failure(failure);
      return Map.of();
    }
  }

  private ListAcceleratorsResponse fleet() {
    try {
      return app.services()
          .sessions(stub -> stub.listAccelerators(ListAcceleratorsRequest.getDefaultInstance()));
    } catch (CliFailure failure) {
      app.terminal().failure(failure);
      return ListAcceleratorsResponse.getDefaultInstance();
    }
  }

  private static String state(ServiceStatus service) {
    if (!service.running()) {
      return "stopped";
    }
    return service.healthy() ? "healthy" : "not healthy";
  }
}
