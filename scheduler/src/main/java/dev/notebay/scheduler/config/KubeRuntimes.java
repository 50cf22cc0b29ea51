package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.request.ImageChoice;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.kube.BadSettings;
import dev.notebay.scheduler.kube.ClusterCache;
import dev.notebay.scheduler.kube.ClusterCheck;
import dev.notebay.scheduler.kube.ClusterCheck.ClusterNotReady;
import dev.notebay.scheduler.kube.KubeClient;
import dev.notebay.scheduler.kube.KubeClient.NoCluster;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.KubeSettingsFile;
import dev.notebay.scheduler.kube.fleet.KubeFleet;
import dev.notebay.scheduler.kube.fleet.NodeMapper;
import dev.notebay.scheduler.kube.launch.AllowedImages;
import dev.notebay.scheduler.kube.launch.KubeLauncher;
import dev.notebay.scheduler.kube.launch.PodBuilder;
import dev.notebay.scheduler.kube.launch.PodTokens;
import dev.notebay.scheduler.kube.session.SessionObjectService;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runtimes on a cluster: its nodes, and pods. */
public record KubeRuntimes(
    KubernetesClient client,
    ClusterCache cache,
    KubeLauncher launcher,
    Fleet fleet,
    AgentTokens tokens,
    ImageChoice images,
    SessionObjectService objects)
    implements Runtimes {
  private static final System.Logger LOG = System.getLogger(KubeRuntimes.class.getName());
  private static final String CONFIG = "NOTEBAY_KUBERNETES_CONFIG";
  private static final Duration SYNC = Duration.ofMinutes(1);

  static KubeRuntimes of(
      Settings settings, Map<String, String> environment, InstantSource clock, MeterRegistry meters)
      throws IOException {
    KubeSettings kube = read(environment);
    try {
      return start(KubeClient.of(environment), kube, settings, clock, meters);
    } catch (NoCluster none) {
      throw new SettingException(String.valueOf(none.getMessage()));
    }
  }

  /** What is there of the cluster that {@code client} reaches, which is closed with this. */
  public static KubeRuntimes start(
      KubernetesClient client,
      KubeSettings kube,
      Settings settings,
      InstantSource clock,
      MeterRegistry meters)
      throws IOException {
    try {
      new ClusterCheck(client, kube).run();
    } catch (ClusterNotReady missing) {
      client.close();
      throw new IOException(missing.getMessage(), missing);
    }
    var cache = new ClusterCache(client, kube);
    TimeGauge.builder(
            "notebay.kubernetes.silence",
            cache,
            TimeUnit.MILLISECONDS,
            each -> each.age().toMillis())
        .description("How long ago the Kubernetes API was last heard by the watches")
        .register(meters);
    cache.start();
    SessionObjectService objects = SessionObjectService.start(client, kube, settings.replica());
    if (!cache.awaitSynced(SYNC) || !objects.awaitSynced(SYNC)) {
      String trouble = cache.trouble().isEmpty() ? objects.trouble() : cache.trouble();
      objects.close();
      cache.close();
      client.close();
      throw new IOException(
          "the cluster was not seen within " + SYNC.toSeconds() + " s: " + trouble);
    }
    LOG.log(
        System.Logger.Level.INFO,
        "runs sessions on a cluster address="
            + client.getMasterUrl()
            + " namespace="
            + kube.namespace());
    return new KubeRuntimes(
        client,
        cache,
        new KubeLauncher(
            client,
            kube,
            cache,
            new PodBuilder(kube, publicKey(settings)),
            objects.owners(),
            clock),
        new KubeFleet(cache, new NodeMapper(kube)),
        new PodTokens(client, kube, clock),
        new AllowedImages(kube.images()),
        objects);
  }

  /** With which agents trust this installation's own tokens, where it has no other issuer. */
  private static Optional<String> publicKey(Settings settings) throws IOException {
    return settings.oidc().isPresent()
        ? Optional.empty()
        : Optional.of(Files.readString(settings.key("jwt-public.pem")));
  }

  private static KubeSettings read(Map<String, String> environment) {
    String file = environment.getOrDefault(CONFIG, "");
    if (file.isBlank()) {
      throw new SettingException(
          CONFIG
              + " is not set (expected: the YAML file that says how sessions run on the cluster)");
    }
    try {
      return KubeSettingsFile.read(Path.of(file));
    } catch (BadSettings wrong) {
      throw new SettingException(CONFIG + ": " + file + ": " + wrong.getMessage());
    }
  }

  /** Every replica sees all of the cluster. */
  @Override
  public LeaderLease guard(LeaderLease lease, SessionStore store) {
    return lease;
  }

  @Override
  public void serve(Scheduler scheduler) {
    cache.onChange(scheduler::wake);
    objects.onChange(scheduler::wakeFollower);
    scheduler.follow(
        "session-objects",
        sources ->
            objects.objects(
                    sources.requests(),
                    sources.queues()::objection,
                    sources.allowance(),
                    sources.unfinished(),
                    sources.leads(),
                    launcher::isBusy,
                    sources.clock())
                ::runOnce);
  }

  /** Pods go on. */
  @Override
  public void close() {
    objects.close();
    launcher.close();
    cache.close();
    client.close();
  }
}
