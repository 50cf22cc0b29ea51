package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.request.ImageChoice;
import dev.notebay.scheduler.core.session.SessionStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;

/** Where sessions run: what they run on, and what starts them. */
sealed interface Runtimes extends AutoCloseable permits LocalRuntimes, KubeRuntimes {

  /**
   * Those that the settings name, once they can be seen.
   *
   * @throws SettingException when a setting is wrong
   * @throws IOException when they cannot be seen
   */
  static Runtimes of(
      Settings settings, Map<String, String> environment, InstantSource clock, MeterRegistry meters)
      throws IOException {
    return switch (settings.launch()) {
      case LOCAL -> LocalRuntimes.of(settings, environment, clock);
      case KUBERNETES -> KubeRuntimes.of(settings, environment, clock, meters);
    };
  }

  Launcher launcher();

  Fleet fleet();

  /** How their agents prove which runtime they are. */
  AgentTokens tokens();

  /** Which container images sessions may run in there. */
  ImageChoice images();

  /** The lease with which a replica that sees only these runtimes may lead. */
  LeaderLease guard(LeaderLease lease, SessionStore store);

  /** Begins what goes on beside the scheduler, once that serves. */
  void serve(Scheduler scheduler);

  @Override
  void close();
}
