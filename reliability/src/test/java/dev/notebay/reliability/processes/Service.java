package dev.notebay.reliability.processes;

import dev.notebay.cli.config.Endpoint;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One service as a process, started as {@code ./notebay up} starts it, and killed as nobody does.
 */
final class Service implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration END = Duration.ofSeconds(30);
  private static final int LOG_TAIL = 1500;
  private final String title;
  private final Path home;
  private final Path distribution;
  private final Map<String, String> environment;
  private final Endpoint grpc;
  private final ManagedChannel channel;
  private Optional<Process> process = Optional.empty();

  Service(
      String title, Path home, Path distribution, Map<String, String> environment, Endpoint grpc) {
    this.title = title;
    this.home = home;
    this.distribution = distribution;
    this.environment = Map.copyOf(environment);
    this.grpc = grpc;
    this.channel = NettyChannelBuilder.forAddress(grpc.address()).usePlaintext().build();
  }

  /** Where it serves gRPC. */
  Endpoint endpoint() {
    return grpc;
  }

  /**
   * Starts it, and does not wait.
   *
   * @param options of its virtual machine, beside the distribution's own
   */
  void start(String... options) throws IOException {
    Path log = log();
    Files.createDirectories(log.getParent());
    List<String> command = new ArrayList<>(List.of("setsid", "nohup"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("@" + distribution.resolve(title).resolve("jvm.args"));
    command.addAll(List.of("-jar", distribution.resolve(title + "/quarkus-run.jar").toString()));
    var builder =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("NOTEBAY_"));
    builder.environment().putAll(environment);
    builder.environment().put("LC_ALL", "C.UTF-8");
    process = Optional.of(builder.start());
  }

  private Path log() {
    return home.resolve("logs").resolve(title + ".log");
  }

  boolean isAlive() {
    return process.filter(Process::isAlive).isPresent();
  }

  /** Whether its gRPC port answers that it serves. */
  boolean isServing() {
    try {
      channel.resetConnectBackoff();
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(1, TimeUnit.SECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException notYet) {
      return false;
    }
  }

  /**
   * Waits until it serves.
   *
   * @return whether it does; not, where it has ended before
   */
  boolean awaitServing() throws Exception {
    Poll.until(title + " serves", START, () -> !isAlive() || isServing());
    return isAlive();
  }

  /** The same where it must not end. */
  void requireServing() throws Exception {
    if (!awaitServing()) {
      throw new AssertionError(title + " ended while starting:\n" + logTail());
    }
  }

  /** {@code kill -9}; gone when this returns. */
  void kill() throws InterruptedException {
    process.ifPresent(Process::destroyForcibly);
    awaitEnd();
  }

  /** Waits until it has ended, and tells its status. */
  int awaitEnd() throws InterruptedException {
    Process ending = process.orElseThrow();
    if (!ending.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError(title + " does not end");
    }
    return ending.exitValue();
  }

  /** Asks it to end, as {@code ./notebay down} does. */
  void end() throws InterruptedException {
    process.ifPresent(Process::destroy);
    awaitEnd();
  }

  /** Sends a signal by its name, such as {@code STOP}. */
  void signal(String name) throws IOException, InterruptedException {
    Signals.send(name, process.orElseThrow().pid());
  }

  /** The end of its log, for messages. */
  String logTail() throws IOException {
    String text = Files.exists(log()) ? Files.readString(log()) : "";
    return text.substring(Math.max(0, text.length() - LOG_TAIL));
  }

  @Override
  public void close() throws InterruptedException {
    if (isAlive()) {
      kill();
    }
    channel.shutdownNow();
  }
}
