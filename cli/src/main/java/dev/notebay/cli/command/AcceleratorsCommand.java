package dev.notebay.cli.command;

import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Table;
import dev.notebay.proto.session.v1.AcceleratorClass;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsResponse;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "accelerators", description = "Lists the accelerators of this fleet.")
final class AcceleratorsCommand implements Callable<Integer> {
  private final App app;
  @Mixin HelpOption help;

  @Option(names = "--json", description = "As JSON.")
  boolean json;

  AcceleratorsCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    ListAcceleratorsResponse answer =
        app.services()
            .sessions(stub -> stub.listAccelerators(ListAcceleratorsRequest.getDefaultInstance()));
    if (json) {
      app.terminal().line(Json.of(answer));
      return ExitCode.OK;
    }
    table(answer).lines().forEach(app.terminal()::line);
    var largest = answer.getLargestCompute();
    app.terminal()
        .line(
            "largest session: "
                + largest.getCpuMilli() / 1000.0
                + " CPU, "
                + Quantities.show(largest.getMemoryBytes()));
    return ExitCode.OK;
  }

  static Table table(ListAcceleratorsResponse answer) {
    var table = new Table("ACCELERATOR", "FREE", "TOTAL", "AT MOST", "MEMORY", "");
    table.row("none", "", "", "", "", "");
    for (AcceleratorClass each : answer.getAcceleratorsList()) {
      table.row(
          each.getType(),
          Integer.toString(each.getFree()),
          Integer.toString(each.getTotal()),
          Integer.toString(each.getLargestNode()),
          each.getMemoryBytes() == 0 ? "" : Quantities.show(each.getMemoryBytes()),
          remarks(each));
    }
    return table;
  }

  private static String remarks(AcceleratorClass each) {
    return Stream.of(
            each.getDeclared() ? "declared, no such hardware" : "",
            each.getShareable() ? "shared (--count 0.5)" : "")
        .filter(remark -> !remark.isEmpty())
        .collect(Collectors.joining("; "));
  }
}
