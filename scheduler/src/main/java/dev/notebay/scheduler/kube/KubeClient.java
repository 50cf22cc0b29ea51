package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the client of a cluster. Every request ends within a bound and is tried at most three
 * times: what must happen is tried again by those who want it, from what is then true.
 */
public final class KubeClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration REQUEST = Duration.ofSeconds(10);
  private static final Duration BEFORE_RETRY = Duration.ofMillis(200);
  private static final int RETRIES = 2;

  /** As many as the pool of virtual threads that launches ever has under way, and the watches. */
  private static final int CONCURRENT = 80;

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  private KubeClient() {}

  /** There is nothing that says which cluster; the message says what to do. */
  public static final class NoCluster extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoCluster(String message) {
      super(message);
    }
  }

  /**
   * A client of the current context of {@code KUBECONFIG} or {@code ~/.kube/config}, or in a pod of
   * its own cluster. Talks to nobody yet.
   *
   * @throws NoCluster when none of them is there
   */
  public static KubernetesClient of(Map<String, String> environment) {
    return of(config(environment));
  }

  /** A client of that cluster, with our bounds. */
  public static KubernetesClient of(Config config) {
    return new KubernetesClientBuilder()
        .withKubernetesSerialization(WatchEvents.serialization())
        .withConfig(
            new ConfigBuilder(config)
                .withConnectionTimeout((int) CONNECT.toMillis())
                .withRequestTimeout((int) REQUEST.toMillis())
                .withRequestRetryBackoffInterval((int) BEFORE_RETRY.toMillis())
                .withRequestRetryBackoffLimit(RETRIES)
                .withMaxConcurrentRequests(CONCURRENT)
                // Where a watch goes on, and when, is for ListWatch to say.
                .withWatchReconnectLimit(0)
                .build())
        .build();
  }

  private static Config config(Map<String, String> environment) {
    Optional<Path> file = kubeconfig(environment);
    if (file.isEmpty() && !Files.exists(SERVICE_ACCOUNT)) {
      throw new NoCluster(
          "no cluster: KUBECONFIG is not set and there is no ~/.kube/config (expected: a kubeconfig"
              + " whose current context is the cluster)");
    }
    file.filter(each -> !Files.isReadable(each))
        .ifPresent(
            each -> {
              throw new NoCluster("KUBECONFIG: " + each + " cannot be read");
            });
    Config config = Config.autoConfigure(null);
    if (file.isPresent() && config.getCurrentContext() == null) {
      throw new NoCluster(
          "KUBECONFIG: "
              + file.get()
              + " has no current context (choose one: kubectl config use-context NAME)");
    }
    return config;
  }

  /** The first file that is named, even if it is not there, or the usual one if it is. */
  private static Optional<Path> kubeconfig(Map<String, String> environment) {
    return named(environment, "KUBECONFIG")
        .map(paths -> Path.of(paths.split(java.io.File.pathSeparator, 2)[0]))
        .or(
            () ->
                named(environment, "HOME")
                    .map(home -> Path.of(home, ".kube", "config"))
                    .filter(Files::exists));
  }

  private static Optional<String> named(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }
}
