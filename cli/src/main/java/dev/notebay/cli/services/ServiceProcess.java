package dev.notebay.cli.services;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.grpc.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One service of this machine as a process that outlives the command that started it. */
final class ServiceProcess {
  private static final long LARGE_LOG_BYTES = 16L << 20;
  private final ServiceKind kind;
  private final Settings settings;
  private final PidFile pidFile;
  private long logBegin;

  ServiceProcess(ServiceKind kind, Settings settings) {
    this.kind = kind;
    this.settings = settings;
    this.pidFile = new PidFile(kind.pidFile(settings.home()));
  }

  ServiceKind kind() {
    return kind;
  }

  Optional<ProcessHandle> running() {
    return pidFile.process();
  }

  /** Starts it in a session of its own, so that neither ^C nor a closed terminal reaches it. */
  void start() throws IOException {
    Path distribution = settings.distribution();
    Path log = kind.log(settings.home());
    Files.createDirectories(log.getParent());
    keepOneOldLog(log);
    logBegin = Files.exists(log) ? Files.size(log) : 0;
    List<String> command = new ArrayList<>(List.of("setsid", "nohup"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path options = distribution.resolve(kind.title()).resolve("jvm.args");
    if (Files.isRegularFile(options)) {
      command.add("@" + options);
    }
    command.add("-jar");
    command.add(kind.jar(distribution).toString());
    var builder =
        new ProcessBuilder(command)
            .directory(settings.home().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true);
    builder.environment().putAll(settings.serviceEnvironment());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().remove("NOTEBAY_TOKEN");
    Process process = builder.start();
    pidFile.write(process.pid(), build());
  }

  /** Whether it was started before what is there now was built. */
  boolean older() {
    String now = build();
    return !now.isEmpty()
        && pidFile
            .build()
            .filter(of -> of.matches("\\d{1,18}") && Long.parseLong(of) < Long.parseLong(now))
            .isPresent();
  }

  /** When the distribution was built, in milliseconds; empty where it has no stamp. */
  private String build() {
    try {
      Path stamp = settings.distribution().resolve(".stamp");
      return Long.toString(Files.getLastModifiedTime(stamp).toMillis());
    } catch (IOException none) {
      return "";
    }
  }

  boolean healthy() {
    try (var health =
        new Health(
            settings.endpoint(kind.grpcVariable()), settings.endpoint(kind.httpVariable()))) {
      return health.ready();
    }
  }

  /**
   * Asks it to end, and ends it after {@code grace}.
   *
   * @return whether it ended by itself
   */
  boolean stop(Duration grace) throws IOException {
    Optional<ProcessHandle> process = running();
    boolean gently = true;
    if (process.isPresent()) {
      process.get().destroy();
      gently = awaitEnd(grace);
      if (!gently) {
        process.get().destroyForcibly();
        awaitEnd(Duration.ofSeconds(5));
      }
    }
    pidFile.delete();
    return gently;
  }

  private boolean awaitEnd(Duration limit) {
    var deadline = SystemClock.in(limit);
    while (running().isPresent()) {
      if (deadline.passed()) {
        return false;
      }
      Pause.shortly();
    }
    return true;
  }

  /** Waits until it has ended, but not longer than the pause between two looks. */
  boolean endedWithin(Duration pause) {
    Optional<ProcessHandle> process = running();
    if (process.isEmpty()) {
      return true;
    }
    try {
      process.get().onExit().get(pause.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException stillRuns) {
      return false;
    } catch (ExecutionException unknown) {
      return running().isEmpty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The last lines of the log since this started it. */
  List<String> lastLines(int count) {
    return LogFile.lastLines(kind.log(settings.home()), logBegin, count);
  }

  private static void keepOneOldLog(Path log) throws IOException {
    if (Files.exists(log) && Files.size(log) > LARGE_LOG_BYTES) {
      Files.move(
          log, log.resolveSibling(log.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
