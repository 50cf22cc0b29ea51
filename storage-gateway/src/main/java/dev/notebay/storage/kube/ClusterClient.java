package dev.notebay.storage.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;

/** Makes the client of the cluster; a mount must be answered or refused within seconds. */
public final class ClusterClient {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration BEFORE_RETRY = Duration.ofMillis(200);
  private static final int RETRIES = 1;

  private ClusterClient() {}

  /**
   * The cluster of this pod, or of the current context of {@code KUBECONFIG}. Talks to nobody yet.
   */
  public static KubernetesClient usual() {
    return of(Config.autoConfigure(null));
  }

  /** That cluster. */
  static KubernetesClient of(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(config)
                .withConnectionTimeout((int) CONNECT.toMillis())
                .withRequestTimeout((int) REQUEST.toMillis())
                .withRequestRetryBackoffInterval((int) BEFORE_RETRY.toMillis())
                .withRequestRetryBackoffLimit(RETRIES)
                .build())
        .build();
  }
}
