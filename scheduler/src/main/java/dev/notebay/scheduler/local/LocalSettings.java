package dev.notebay.scheduler.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What runtimes on this machine are made of.
 *
 * @param home the state directory, {@code NOTEBAY_HOME}
 * @param supervisor how the supervisor is started, without the runtime's directory
 * @param agent how the agent is started; its working directory is the runtime's directory
 * @param python the kernels' Python
 * @param pythonDirectory what the sandbox sees at {@code /opt/notebay/python}
 * @param sandbox the wall; empty for {@code NOTEBAY_SANDBOX=none}, where kernels run as the user
 *     whom Notebay runs as, without any
 * @param schedulerGrpc host and port on which agents find the scheduler
 * @param jwtIssuer of the tokens that agents accept
 * @param jwtKeys public key file or JWKS address
 * @param agentEnvironment variables of the agents, beside those that every program needs
 */
public record LocalSettings(
    Path home,
    List<String> supervisor,
    List<String> agent,
    KernelPython python,
    Path pythonDirectory,
    Optional<Bubblewrap> sandbox,
    String schedulerGrpc,
    String jwtIssuer,
    String jwtKeys,
    Map<String, String> agentEnvironment) {
  /** How long an agent may take to end before everything is ended by force. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final String SUPERVISOR = "notebay_supervisor.py";

  public LocalSettings {
    home = home.toAbsolutePath().normalize();
    supervisor = List.copyOf(supervisor);
    agent = List.copyOf(agent);
    agentEnvironment = Map.copyOf(agentEnvironment);
    for (Path visible : python.prefixes()) {
      if (home.startsWith(visible)) {
        throw new IllegalArgumentException(
            "NOTEBAY_HOME: "
                + home
                + " (expected: not beneath the kernels' Python at "
                + visible
                + ", which every session can read)");
      }
    }
  }

  Path runtimes() {
    return home.resolve("runtimes");
  }

  /** Starts the supervisor with a Python, from where this module's distribution has it. */
  public static List<String> supervisorCommand(Path python, Path distribution) {
    Path script = distribution.resolve("scheduler/python").resolve(SUPERVISOR);
    return List.of(python.toString(), "-I", "-S", "-B", script.toString());
  }

  /** Starts the agent of a distribution with a Java, and with its AOT cache where it has one. */
  public static List<String> agentCommand(Path java, Path distribution) {
    Path directory = distribution.resolve("runtime-agent");
    List<String> command = new ArrayList<>(List.of(java.toString()));
    Path cache = directory.resolve("agent.aot");
    if (Files.isRegularFile(cache)) {
      command.add("-XX:AOTCache=" + cache);
    }
    Path arguments = directory.resolve("agent.args");
    if (Files.isRegularFile(arguments)) {
      command.add("@" + arguments);
    }
    command.addAll(List.of("-cp", directory + "/lib/*", "dev.notebay.agent.config.RuntimeAgent"));
    return command;
  }
}
