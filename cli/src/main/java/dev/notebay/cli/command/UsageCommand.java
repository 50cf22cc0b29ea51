package dev.notebay.cli.command;

import com.google.protobuf.Timestamp;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Table;
import dev.notebay.proto.usage.v1.BudgetStatus;
import dev.notebay.proto.usage.v1.GetUsageRequest;
import dev.notebay.proto.usage.v1.GetUsageRequest.Dimension;
import dev.notebay.proto.usage.v1.GetUsageResponse;
import dev.notebay.proto.usage.v1.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "usage",
    description = "Shows for how long which accelerators were used, and what is left of budgets.")
final class UsageCommand implements Callable<Integer> {
  private static final Map<String, Dimension> DIMENSIONS =
      Map.of(
          "user", Dimension.DIMENSION_USER,
          "queue", Dimension.DIMENSION_QUEUE,
          "session", Dimension.DIMENSION_SESSION,
          "accelerator", Dimension.DIMENSION_ACCELERATOR);

  private final App app;
  @Mixin HelpOption help;

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "Whose: you by default, - for everybody. Others' are for admins.")
  String user = "";

  @Option(names = "--queue", paramLabel = "QUEUE", description = "Only of this queue.")
  @Nullable String queue;

  @Option(names = "--session", paramLabel = "ID", description = "Only of this session.")
  @Nullable String session;

  @Option(names = "--accelerator", paramLabel = "TYPE", description = "Only of this class.")
  String accelerator = "";

  @Option(
      names = "--since",
      paramLabel = "TIME",
      defaultValue = "30d",
      description = "How far back, for instance 24h; 30d by default.")
  String since = "30d";

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      split = ",",
      defaultValue = "queue,accelerator",
      description = "A row for each: user, queue, session, accelerator.")
  List<String> by = List.of();

  @Option(names = "--json", description = "As JSON.")
  boolean json;

  UsageCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() {
    GetUsageRequest request = request();
    GetUsageResponse answer = app.services().usage(stub -> stub.getUsage(request));
    if (json) {
      app.terminal().line(Json.of(answer));
      return ExitCode.OK;
    }
    List<String> heading = new ArrayList<>(by.stream().map(UsageCommand::title).toList());
    heading.addAll(List.of("GPU TIME", "GPU-SECONDS", "NOW"));
    var table = new Table(heading.toArray(String[]::new));
    answer.getRowsList().forEach(row -> table.row(cells(row)));
    table.row(totalCells(answer.getTotal()));
    table.lines().forEach(app.terminal()::line);
    answer.getBudgetsList().forEach(budget -> app.terminal().line(left(budget)));
    return ExitCode.OK;
  }

  private GetUsageRequest request() {
    var request =
        GetUsageRequest.newBuilder()
            .setUser(user)
            .setAccelerator(accelerator)
            .setStartTime(time(SystemClock.now().minus(Quantities.duration("--since", since))));
    if (queue != null) {
      request.setQueue("queues/" + queue);
    }
    if (session != null) {
      request.setSession(app.sessions().resolve(session));
    }
    for (String what : by) {
      Dimension dimension = DIMENSIONS.get(what);
      if (dimension == null) {
        throw CliFailure.usage(
            "--by: " + what + " (expected: user, queue, session or accelerator)", "");
      }
      request.addGroupBy(dimension);
    }
    return request.build();
  }

  private static String title(String what) {
    return what.toUpperCase(java.util.Locale.ROOT);
  }

  private String[] cells(Usage row) {
    List<String> cells = new ArrayList<>();
    for (String what : by) {
      cells.add(
          switch (what) {
            case "user" -> row.getUser();
            case "queue" -> row.getQueue().replaceFirst("^queues/", "");
            case "session" -> row.getSession().replaceFirst("^sessions/", "");
            default -> row.getAccelerator();
          });
    }
    return with(cells, row);
  }

  private String[] totalCells(Usage total) {
    List<String> cells = new ArrayList<>();
    by.forEach(_ -> cells.add(cells.isEmpty() ? "total" : ""));
    return with(cells, total);
  }

  private static String[] with(List<String> cells, Usage usage) {
    cells.add(Quantities.show(duration(usage.getGpuTime())));
    cells.add(seconds(usage.getGpuTime()));
    cells.add(QueueCommand.devices(usage.getRateMilli()));
    return cells.toArray(String[]::new);
  }

  private static String left(BudgetStatus budget) {
    return "budget in "
        + budget.getQueue().replaceFirst("^queues/", "")
        + ": "
        + seconds(budget.getLeft())
        + " of "
        + seconds(budget.getBudget())
        + " GPU-seconds left until "
        + Times.instant(budget.getPeriodEndTime());
  }

  private static Duration duration(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  /** Exact, to the last digit that is not 0. */
  private static String seconds(com.google.protobuf.Duration duration) {
    return BigDecimal.valueOf(duration.getSeconds())
        .add(BigDecimal.valueOf(duration.getNanos(), 9))
        .stripTrailingZeros()
        .toPlainString();
  }

  private static Timestamp time(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
