package dev.notebay.scheduler.config;

import dev.notebay.rpc.JwtAuthenticator;
import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.request.ImageChoice;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.local.Bubblewrap;
import dev.notebay.scheduler.local.KernelPython;
import dev.notebay.scheduler.local.KernelPython.NoKernelPython;
import dev.notebay.scheduler.local.LocalFleet;
import dev.notebay.scheduler.local.LocalLauncher;
import dev.notebay.scheduler.local.LocalSettings;
import dev.notebay.scheduler.local.SandboxCheck;
import dev.notebay.scheduler.local.SandboxCheck.SandboxBroken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** Runtimes on this machine: what they run on, and what starts them. */
record LocalRuntimes(Launcher launcher, Fleet fleet, AgentTokens tokens, boolean shared)
    implements Runtimes {
  private static final String BUBBLEWRAP = "bubblewrap";
  private static final String NONE = "none";
  private static final String LOG_FORMAT = "NOTEBAY_LOG_FORMAT";

  static LocalRuntimes of(Settings settings, Map<String, String> environment, InstantSource clock)
      throws IOException {
    String searchPath = environment.getOrDefault("PATH", "/usr/bin:/bin");
    Path distribution = distribution(environment);
    KernelPython python = python(environment, searchPath);
    RuntimeSecrets secrets = Scheduler.secrets(settings);
    var local =
        new LocalSettings(
            settings.home(),
            LocalSettings.supervisorCommand(python.executable(), distribution),
            LocalSettings.agentCommand(
                Path.of(System.getProperty("java.home"), "bin", "java"), distribution),
            python,
            distribution.resolve("runtime-agent/python"),
            sandbox(environment, searchPath),
            settings.grpc().getHostString() + ":" + settings.grpc().getPort(),
            settings.oidc().map(Settings.Oidc::issuer).orElse(JwtAuthenticator.LOCAL_ISSUER),
            settings
                .oidc()
                .map(Settings.Oidc::keys)
                .orElseGet(() -> settings.key("jwt-public.pem").toString()),
            agentEnvironment(environment));
    return new LocalRuntimes(
        new LocalLauncher(local, secrets, clock),
        fleet(settings.home(), environment, searchPath),
        AgentTokens.of(secrets),
        settings.databaseUrl().isPresent());
  }

  @Override
  public ImageChoice images() {
    return ImageChoice.NONE;
  }

  /** With a database that other machines may use as well. */
  @Override
  public LeaderLease guard(LeaderLease lease, SessionStore store) {
    return shared ? new OneMachineLease(lease, store, fleet) : lease;
  }

  /** The launcher is asked in every pass. */
  @Override
  public void serve(Scheduler scheduler) {}

  /** Runtimes go on. */
  @Override
  public void close() {}

  private static Fleet fleet(Path home, Map<String, String> environment, String searchPath)
      throws IOException {
    try {
      return LocalFleet.look(
          home,
          searchPath,
          environment.getOrDefault("NOTEBAY_DECLARED_DEVICES", ""),
          environment.getOrDefault("NOTEBAY_SHARED_ACCELERATORS", ""));
    } catch (IllegalArgumentException wrong) {
      throw new SettingException(String.valueOf(wrong.getMessage()));
    }
  }

  /** Agents write their logs as this process does. */
  private static Map<String, String> agentEnvironment(Map<String, String> environment) {
    String format = environment.get(LOG_FORMAT);
    return format == null ? Map.of() : Map.of(LOG_FORMAT, format);
  }

  private static Path distribution(Map<String, String> environment) {
    String directory = environment.get("NOTEBAY_DIST");
    if (directory == null || directory.isBlank()) {
      throw new SettingException(
          "NOTEBAY_DIST is not set (expected: the distribution's directory, as './notebay up' sets it)");
    }
    return Path.of(directory).toAbsolutePath();
  }

  private static KernelPython python(Map<String, String> environment, String searchPath) {
    try {
      return KernelPython.find(
          Optional.ofNullable(environment.get("NOTEBAY_PYTHON")).filter(path -> !path.isBlank()),
          searchPath);
    } catch (NoKernelPython missing) {
      throw new SettingException(String.valueOf(missing.getMessage()));
    }
  }

  private static Optional<Bubblewrap> sandbox(Map<String, String> environment, String searchPath) {
    String wanted = environment.getOrDefault("NOTEBAY_SANDBOX", BUBBLEWRAP);
    return switch (wanted) {
      case NONE -> Optional.empty();
      case "", BUBBLEWRAP -> {
        try {
          yield Optional.of(new SandboxCheck(searchPath).run());
        } catch (SandboxBroken broken) {
          throw new SettingException(String.valueOf(broken.getMessage()));
        }
      }
      default ->
          throw new SettingException(
              "NOTEBAY_SANDBOX: " + wanted + " (expected: " + BUBBLEWRAP + " or " + NONE + ")");
    };
  }
}
