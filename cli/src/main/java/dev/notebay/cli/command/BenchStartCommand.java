package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.grpc.Sessions;
import dev.notebay.cli.notebook.Notebook;
import dev.notebay.cli.notebook.NotebookRun;
import dev.notebay.cli.services.AgentProcess;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Table;
import dev.notebay.cli.terminal.Terminal;
import dev.notebay.proto.session.v1.Session;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How long a person waits for the first answer of a cold kernel, beside the same kernel started by
 * hand, in turn.
 */
@Command(
    name = "start",
    description = {
      "Measures the start of sessions against the same kernel started by hand, in turn;",
      "and the agent's start and memory. Wants an idle machine."
    })
final class BenchStartCommand implements Callable<Integer> {
  private static final int WARM_UP = 2;
  private static final double NANOS = 1e9;
  private static final double MEBIBYTE = 1 << 20;

  private final App app;
  @Mixin HelpOption help;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How many of each, after two to warm up. Default: 12.")
  int rounds = 12;

  BenchStartCommand(App app) {
    this.app = app;
  }

  /** What one session showed. */
  private record Sample(double firstReply, double agentReady, double agentMebibytes) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rounds < 1) {
      throw CliFailure.usage("--rounds: " + rounds + " (expected: >= 1)", "");
    }
    if (app.settings().remote()) {
      throw CliFailure.usage(
          "NOTEBAY_TOKEN is set, and only this machine's own sessions can be measured",
          "unset NOTEBAY_TOKEN and NOTEBAY_TOKEN_FILE");
    }
    long begun = System.nanoTime();
    boolean started = app.installation().up();
    double up = (System.nanoTime() - begun) / NANOS;
    List<Double> bare = new ArrayList<>();
    List<Sample> ours = new ArrayList<>();
    Path script = Files.createTempFile("notebay-bare-kernel", ".py");
    try (var quiet = new App(app.settings(), Terminal.silent())) {
      writeScript(script);
      Process python = startPython(script);
      try (OutputStream ask = python.getOutputStream();
          BufferedReader answers = python.inputReader(StandardCharsets.UTF_8)) {
        for (int round = -WARM_UP; round < rounds; round++) {
          double byHand = bareKernel(ask, answers);
          Sample sample = session(quiet);
          if (round >= 0) {
            bare.add(byHand);
            ours.add(sample);
            app.terminal()
                .note(
                    String.format(
                        Locale.ROOT,
                        "%2d: by hand %.3f s, session %.3f s",
                        round + 1,
                        byHand,
                        sample.firstReply()));
          }
        }
      } finally {
        python.destroy();
      }
    } finally {
      Files.deleteIfExists(script);
    }
    show(started, up, bare, ours);
    return ExitCode.OK;
  }

  private void show(boolean started, double up, List<Double> bare, List<Sample> ours) {
    double byHand = median(bare);
    double session = median(ours.stream().map(Sample::firstReply).toList());
    var table = new Table("MEDIAN OF " + ours.size(), "MEASURED", "BAR");
    table.row("kernel by hand, first execute_reply", seconds(byHand), "");
    table.row("CreateSession to first execute_reply", seconds(session), "");
    table.row("ratio", String.format(Locale.ROOT, "%.2f", session / byHand), "<= 1.5");
    table.row(
        "agent: process start to ready",
        seconds(median(ours.stream().map(Sample::agentReady).toList())),
        "<= 1.0 s");
    table.row(
        "agent: resident memory, one kernel",
        String.format(
            Locale.ROOT, "%.0f MiB", median(ours.stream().map(Sample::agentMebibytes).toList())),
        "<= 120 MiB");
    table.row(
        "up",
        started ? seconds(up) : "was up already (./notebay down before measures it)",
        "<= 10 s");
    table.lines().forEach(app.terminal()::line);
  }

  private Sample session(App quiet) {
    Session wanted = Session.newBuilder().setDisplayName("bench").build();
    double[] figures = new double[3];
    long begun = System.nanoTime();
    int exit =
        new SessionWork(quiet)
            .inNew(
                wanted,
                "python3",
                false,
                (session, client) -> {
                  int code =
                      new NotebookRun(Notebook.ofCode("1+1"), quiet.terminal(), false).in(client);
                  figures[0] = (System.nanoTime() - begun) / NANOS;
                  AgentProcess agent = agentOf(session);
                  figures[1] = agent.startSeconds();
                  figures[2] = agent.residentBytes() / MEBIBYTE;
                  return code;
                });
    if (exit != ExitCode.OK) {
      throw CliFailure.unavailable("1+1 failed in a session", "see: ./notebay logs scheduler");
    }
    return new Sample(figures[0], figures[1], figures[2]);
  }

  private AgentProcess agentOf(Session session) {
    try {
      return AgentProcess.of(
          app.settings().home(), Sessions.id(session), session.getRuntime().getJupyterUri());
    } catch (IOException failure) {
      throw CliFailure.unavailable(
          "the session's agent cannot be measured: " + failure.getMessage(), "");
    }
  }

  private Process startPython(Path script) throws IOException {
    String chosen = app.settings().setting(Settings.PYTHON);
    String python = chosen.isEmpty() ? "/usr/bin/python3" : chosen;
    return new ProcessBuilder(python, script.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void writeScript(Path script) throws IOException {
    try (InputStream resource =
        Objects.requireNonNull(
            BenchStartCommand.class.getResourceAsStream("bare_kernel.py"), "packaged with us")) {
      Files.write(script, resource.readAllBytes());
    }
  }

  private static double bareKernel(OutputStream ask, BufferedReader answers) throws IOException {
    ask.write('\n');
    ask.flush();
    String line = answers.readLine();
    if (line == null) {
      throw CliFailure.unavailable(
          "a kernel by hand does not start", "try: python3 -m ipykernel_launcher");
    }
    return Double.parseDouble(line);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.3f s", value);
  }
}
