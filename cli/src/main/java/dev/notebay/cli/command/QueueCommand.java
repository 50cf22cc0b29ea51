package dev.notebay.cli.command;

import dev.notebay.cli.queues.QueueFile;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Table;
import dev.notebay.proto.queue.v1.ApplyQueuesRequest;
import dev.notebay.proto.queue.v1.ApplyQueuesResponse;
import dev.notebay.proto.queue.v1.ClassUsage;
import dev.notebay.proto.queue.v1.GetQueueRequest;
import dev.notebay.proto.queue.v1.ListQueuesRequest;
import dev.notebay.proto.queue.v1.ListQueuesResponse;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.Quota;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "queue", description = "Lists, shows and changes queues.")
final class QueueCommand implements Runnable {
  private static final String PREFIX = "queues/";
  private final App app;
  @Spec CommandSpec spec;
  @Mixin HelpOption help;

  QueueCommand(App app) {
    this.app = app;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "queue: no command (expected: list, describe or apply)");
  }

  @Command(
      name = "apply",
      description = "Makes the queues exactly those of a file; others are removed. For admins.")
  int apply(
      @Mixin HelpOption help,
      @Option(
              names = {"-f", "--file"},
              required = true,
              paramLabel = "FILE",
              description = "A file such as examples/queues.yaml.")
          Path file,
      @Option(names = "--dry-run", description = "Only check, and say what would change.")
          boolean dryRun,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    QueueFile wanted = QueueFile.read(file);
    var request =
        ApplyQueuesRequest.newBuilder()
            .addAllQueues(wanted.queues())
            .setValidateOnly(dryRun)
            .build();
    ApplyQueuesResponse answer;
    try {
      answer = app.services().queues(stub -> stub.applyQueues(request));
    } catch (CliFailure refused) {
      throw wanted.placed(refused);
    }
    if (json) {
      app.terminal().line(Json.of(answer));
      return ExitCode.OK;
    }
    String would = dryRun ? "would be " : "";
    answer.getCreatedList().forEach(name -> tell(name, would + "created"));
    answer.getUpdatedList().forEach(name -> tell(name, would + "changed"));
    answer.getDeletedList().forEach(name -> tell(name, would + "removed"));
    if (answer.getCreatedCount() + answer.getUpdatedCount() + answer.getDeletedCount() == 0) {
      app.terminal().note("the queues are so already");
    }
    return ExitCode.OK;
  }

  private void tell(String name, String what) {
    app.terminal().line("queue " + bare(name) + " " + what);
  }

  @Command(name = "list", description = "Lists the queues, with what they use now.")
  int list(
      @Mixin HelpOption help, @Option(names = "--json", description = "As JSON.") boolean json) {
    List<Queue> queues = all();
    if (json) {
      app.terminal().line(Json.of(queues));
      return ExitCode.OK;
    }
    var table =
        new Table(
            "QUEUE",
            "COHORT",
            "WEIGHT",
            "ACCELERATOR",
            "NOMINAL",
            "IN USE",
            "BORROWED",
            "WAITING",
            "RUN/WAIT");
    for (Queue queue : queues) {
      List<ClassUsage> classes = queue.getUsageList();
      for (ClassUsage use :
          classes.isEmpty() ? List.of(ClassUsage.getDefaultInstance()) : classes) {
        boolean first = classes.isEmpty() || use.equals(classes.getFirst());
        table.row(
            first ? bare(queue.getName()) : "",
            first ? queue.getCohort() : "",
            first ? number(queue.getWeight()) : "",
            use.getAccelerator(),
            queue.getQuotasCount() == 0 ? "" : devices(use.getNominalMilli()),
            devices(use.getInUseMilli()),
            devices(use.getBorrowedMilli()),
            devices(use.getWaitingMilli()),
            first ? queue.getRunningSessions() + "/" + queue.getWaitingSessions() : "");
      }
    }
    table.lines().forEach(app.terminal()::line);
    return ExitCode.OK;
  }

  private List<Queue> all() {
    List<Queue> queues = new ArrayList<>();
    String token = "";
    do {
      var request = ListQueuesRequest.newBuilder().setPageToken(token).setPageSize(1000).build();
      ListQueuesResponse page = app.services().queues(stub -> stub.listQueues(request));
      queues.addAll(page.getQueuesList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return queues;
  }

  @Command(name = "describe", description = "Shows one queue with all that was stated of it.")
  int describe(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "NAME", description = "A queue's name.") String name,
      @Option(names = "--json", description = "As JSON.") boolean json) {
    var request = GetQueueRequest.newBuilder().setName(PREFIX + bare(name)).build();
    Queue queue = app.services().queues(stub -> stub.getQueue(request));
    if (json) {
      app.terminal().line(Json.of(queue));
      return ExitCode.OK;
    }
    var table = new Table("QUEUE", bare(queue.getName()));
    table.row("cohort", queue.getCohort().isEmpty() ? "none" : queue.getCohort());
    table.row(
        "weight",
        number(queue.getWeight()) + ", due " + percent(queue.getFairShare()) + " of its cohort");
    table.row("reclaim", words(queue.getReclaim().name(), "RECLAIM_"));
    table.row("preemption", words(queue.getPreemption().name(), "PREEMPTION_"));
    table.row("minimum run", show(queue.getMinimumRun()));
    table.row("notice", show(queue.getNotice()));
    table.row(
        "priorities",
        queue.getPriorities().getLowest() + " to " + queue.getPriorities().getHighest());
    table.row("each user", limits(queue));
    for (Quota quota : queue.getQuotasList()) {
      table.row("quota", quota(quota));
    }
    for (ClassUsage use : queue.getUsageList()) {
      table.row("in use", usage(use));
    }
    table.row(
        "sessions",
        queue.getRunningSessions() + " running, " + queue.getWaitingSessions() + " waiting");
    table.lines().forEach(app.terminal()::line);
    return ExitCode.OK;
  }

  private static String quota(Quota quota) {
    return quota.getAccelerator()
        + ": "
        + devices(quota.getNominalMilli())
        + (quota.hasBorrowingLimitMilli()
            ? ", may borrow " + devices(quota.getBorrowingLimitMilli())
            : "")
        + (quota.hasLendingLimitMilli() ? ", lends " + devices(quota.getLendingLimitMilli()) : "");
  }

  private static String usage(ClassUsage use) {
    return use.getAccelerator()
        + ": "
        + devices(use.getInUseMilli())
        + (use.getBorrowedMilli() > 0 ? " (" + devices(use.getBorrowedMilli()) + " borrowed)" : "")
        + ", "
        + percent(use.getShare())
        + " of what its cohort uses; waited for: "
        + devices(use.getWaitingMilli());
  }

  private static String limits(Queue queue) {
    var limits = queue.getUserLimits();
    List<String> parts = new ArrayList<>();
    if (limits.hasSessions()) {
      parts.add(limits.getSessions() + " sessions");
    }
    if (limits.hasDevicesMilli()) {
      parts.add(devices(limits.getDevicesMilli()) + " devices");
    }
    if (limits.hasBudget()) {
      parts.add(
          limits.getBudget().getGpuSeconds()
              + " GPU-seconds in "
              + show(limits.getBudget().getPeriod()));
    }
    return parts.isEmpty() ? "no limit" : "at most " + String.join(", ", parts);
  }

  private static String words(String constant, String prefix) {
    return constant.replaceFirst(prefix, "");
  }

  /** {@code 0.5} for 500. */
  static String devices(long milli) {
    return java.math.BigDecimal.valueOf(milli, 3).stripTrailingZeros().toPlainString();
  }

  private static String number(double value) {
    return new java.math.BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * part);
  }

  private static String show(com.google.protobuf.Duration duration) {
    return Quantities.show(Duration.ofSeconds(duration.getSeconds()));
  }

  private static String bare(String name) {
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }
}
