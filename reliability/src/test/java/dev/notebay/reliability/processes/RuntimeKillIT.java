package dev.notebay.reliability.processes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.crash.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real agents and kernels: whatever is killed around it, and its agent at named points, a cell goes
 * on in the same kernel, and its person sees every line of it once.
 */
class RuntimeKillIT {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Duration END = Duration.ofMinutes(2);
  private static final Duration STANDSTILL = Duration.ofSeconds(3);

  /** Goes on until the harness says that it is enough. */
  private static final String CELL =
      """
      import os, time
      i = 0
      while not os.path.exists('/content/enough'):
          print('tick', i, os.getpid(), flush=True)
          i += 1
          time.sleep(0.1)
      """;

  @TempDir Path directory = Path.of("");
  private CrashPlan plan;
  private Installation installation;

  @BeforeEach
  void start() throws Exception {
    plan = CrashPlan.in(directory.resolve("plan"));
    installation =
        new Installation(
            directory.resolve("home"),
            Distribution.withCrashingAgents(
                    directory.resolve("dist"), plan.crashAgent(), plan.directory())
                .directory());
    installation.up();
  }

  @AfterEach
  void stop() throws Exception {
    installation.close();
  }

  /** What is done while the cell runs. */
  private interface Harm {
    void run() throws Exception;
  }

  @Test
  void aCellOutlivesTheControlPlane() throws Exception {
    runs(
        () -> {
          installation.scheduler().kill();
          installation.scheduler().start();
          installation.scheduler().requireServing();
        },
        () -> {
          installation.storage().kill();
          installation.storage().start();
          installation.storage().requireServing();
        },
        () -> {
          installation.database().kill();
          installation.scheduler().kill();
          installation.scheduler().start();
          installation.scheduler().requireServing();
        });
  }

  @Test
  void aCellOutlivesAnAgentThatEndsWhileItWritesDownOutput() throws Exception {
    runs(CrashPoints.ofWritingAgent().stream().map(this::endAt).toArray(Harm[]::new));
  }

  @Test
  @EnabledIfSystemProperty(named = "reliability.scale", matches = "long")
  void aCellOutlivesAnAgentThatStandsStill() throws Exception {
    runs(
        () -> {
          ProcessHandle agent = agent();
          Signals.send("STOP", agent.pid());
          Poll.pause(STANDSTILL);
          Signals.send("CONT", agent.pid());
        });
  }

  @Test
  @EnabledIfSystemProperty(named = "reliability.scale", matches = "long")
  void aCellOutlivesAnAgentThatEndsAgainAsItTakesUpTheKernel() throws Exception {
    runs(CrashPoints.ofResumingAgent().stream().map(this::endAgainAt).toArray(Harm[]::new));
  }

  @Test
  @EnabledIfSystemProperty(named = "reliability.scale", matches = "long")
  void aCellOutlivesAnAgentThatEndsAgainAsItClaims() throws Exception {
    runs(CrashPoints.ofClaimingAgent().stream().map(this::endAgainAt).toArray(Harm[]::new));
  }

  private Harm endAt(CrashPoint point) {
    return () -> {
      plan.arm(point);
      Poll.until(point + " is reached", SOON, plan::isReached);
      plan.disarm();
    };
  }

  private Harm endAgainAt(CrashPoint point) {
    return () -> {
      ProcessHandle agent = agent();
      plan.arm(point);
      agent.destroyForcibly();
      Poll.until(point + " is reached", SOON, plan::isReached);
      plan.disarm();
    };
  }

  /** The one session's. */
  private ProcessHandle agent() throws Exception {
    Poll.until("an agent runs", SOON, () -> RuntimeSeen.agents(installation.home()).size() == 1);
    return RuntimeSeen.agents(installation.home()).getFirst();
  }

  private void runs(Harm... harms) throws Exception {
    Path out = Files.createTempFile(directory, "out", "");
    Process exec = command(out, "exec", CELL);
    try {
      Poll.until(
          () -> "the cell runs: " + said(out),
          SOON,
          () -> Files.readString(out).contains("tick 2 "));
      for (Harm harm : harms) {
        harm.run();
      }
      for (RuntimeSeen runtime : RuntimeSeen.all(installation.home())) {
        Path content = installation.home().resolve("runtimes/" + runtime.name() + "/content");
        Files.createFile(content.resolve("enough"));
      }
      assertThat(exec.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)).as("it ends").isTrue();
    } finally {
      exec.destroyForcibly();
    }
    String said = Files.readString(out);
    assertThat(exec.exitValue()).as(said).isZero();
    List<String> ticks = said.lines().filter(line -> line.startsWith("tick")).toList();
    String kernel = ticks.getFirst().split(" ")[2];
    assertThat(ticks)
        .isEqualTo(
            IntStream.range(0, ticks.size()).mapToObj(i -> "tick " + i + " " + kernel).toList());
    var last = new AtomicReference<Outside>();
    Poll.until(
        () -> "nothing is left of it: " + last.get() + said(out),
        SOON,
        () -> {
          last.set(Outside.look(installation));
          return last.get().runtimes().isEmpty()
              && last.get().rows().stream().allMatch(row -> row.state().equals("ENDED"))
              && Invariants.violations(last.get()).isEmpty();
        });
  }

  /** For messages: what its person and its runtime have said. */
  private String said(Path out) {
    var text = new StringBuilder();
    try (var files = Files.walk(installation.home().resolve("runtimes"), 3)) {
      List<Path> logs = new ArrayList<>(List.of(out));
      files.filter(file -> file.toString().endsWith(".log")).forEach(logs::add);
      for (Path log : logs) {
        text.append('\n').append(log).append(":\n").append(Files.readString(log));
      }
      return text.toString();
    } catch (IOException failure) {
      return text + failure.toString();
    }
  }

  private Process command(Path out, String... arguments) throws Exception {
    Path built = Distribution.built();
    Path jar;
    try (var jars = Files.list(built.resolve("cli/lib"))) {
      jar =
          jars.filter(file -> file.getFileName().toString().startsWith("notebay-cli-"))
              .findFirst()
              .orElseThrow();
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:AOTCache=" + built.resolve("cli/cli.aot"),
                "@" + built.resolve("cli/cli.args"),
                "-jar",
                jar.toString()));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("NOTEBAY_"));
    builder.environment().putAll(installation.settings().serviceEnvironment());
    // With a token the services are somebody else's to start.
    builder.environment().put("NOTEBAY_TOKEN", installation.tokenText("ada"));
    return builder.start();
  }
}
