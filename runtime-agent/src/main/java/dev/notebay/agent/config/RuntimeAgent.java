package dev.notebay.agent.config;

import dev.notebay.agent.files.AgentFiles;
import dev.notebay.agent.files.MemoryEvents;
import dev.notebay.agent.launcher.LauncherKernels;
import dev.notebay.agent.launcher.LauncherSettings;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The agent's program. Runs in the runtime's directory, whose {@code agent/agent.properties} says
 * what to do; {@code --pod} lets the environment say it ({@link PodRuntime}); {@code --train} shows
 * the Java machine what an agent does, for its cache.
 */
public final class RuntimeAgent {
  static final String SOCKET = "agent.sock";

  private static final Path STATE = Path.of("agent");

  /** The settings are wrong: starting again would not help. */
  private static final int EXIT_SETTINGS = 2;

  private RuntimeAgent() {}

  public static void main(String[] arguments) throws IOException {
    LogSetup.apply();
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    System.setProperty("vertx.disableDnsResolver", "true");
    System.setProperty("vertx.disableMetrics", "true");
    if (arguments.length == 1 && arguments[0].equals("--train")) {
      Training.run();
      return;
    }
    if (arguments.length == 1 && arguments[0].equals("--pod")) {
      pod();
      return;
    }
    if (arguments.length > 0) {
      System.err.println("runtime-agent: unknown argument " + arguments[0]);
      System.exit(EXIT_SETTINGS);
    }
    try {
      start(
          AgentSettings.read(STATE.resolve("agent.properties")), Path.of(""), STATE, System::exit);
    } catch (AgentSettings.Wrong | IOException wrong) {
      System.err.println("runtime-agent: " + wrong.getMessage());
      System.exit(EXIT_SETTINGS);
    }
  }

  private static void pod() throws IOException {
    try {
      PodRuntime.from(System.getenv()).run();
    } catch (AgentSettings.Wrong wrong) {
      System.err.println("runtime-agent: " + wrong.getMessage());
      System.exit(EXIT_SETTINGS);
    }
  }

  /** An agent that serves. */
  record Started(Agent agent, int port) {}

  /**
   * Starts an agent whose end is its runtime's, because whoever made the runtime sees it.
   *
   * @param runtime the runtime's directory
   * @param state the agent's own directory
   * @param exit ends the process when the session has ended
   */
  static Started start(AgentSettings settings, Path runtime, Path state, IntConsumer exit)
      throws IOException {
    return start(settings, runtime.resolve("link"), state, _ -> {}, exit);
  }

  /**
   * Starts an agent.
   *
   * @param link directory of the socket to which the kernel launcher connects
   * @param end told of the kernels when the session has ended, before they are left alone
   */
  static Started start(
      AgentSettings settings,
      Path link,
      Path state,
      Consumer<LauncherKernels> end,
      IntConsumer exit)
      throws IOException {
    Files.createDirectories(link);
    var agent = new AtomicReference<Agent>();
    var kernels =
        new LauncherKernels(
            new LauncherSettings(
                link.resolve(SOCKET), settings.kernelName(), settings.memoryLimitBytes()),
            new AgentFiles(state, settings.journalLimitBytes()),
            () -> settings.memoryEvents().map(MemoryEvents::kills).orElseGet(OptionalLong::empty),
            InstantSource.system(),
            () -> {
              Agent made = agent.get();
              if (made != null) {
                made.unassign();
              }
            });
    var made =
        new Agent(
            settings,
            state,
            new Agent.KernelSide(
                kernels,
                kernels.kernelspecs(),
                kernels::counters,
                () -> {
                  end.accept(kernels);
                  kernels.close();
                }),
            exit);
    agent.set(made);
    int port = made.start();
    System.getLogger(RuntimeAgent.class.getName())
        .log(System.Logger.Level.INFO, "ready port=" + port);
    return new Started(made, port);
  }
}
