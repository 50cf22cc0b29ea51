package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** Whether the cluster is there, and has what must be installed; what is missing is told. */
public final class ClusterCheck {
  private static final int FORBIDDEN = 403;
  private static final String SESSIONS = "notebooksessions";
  private static final String VERSION = Labels.GROUP + "/v1alpha1";

  private final KubernetesClient client;
  private final KubeSettings settings;

  public ClusterCheck(KubernetesClient client, KubeSettings settings) {
    this.client = client;
    this.settings = settings;
  }

  /** Something is missing; the message says what, and what to do. */
  public static final class ClusterNotReady extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClusterNotReady(String message) {
      super(message);
    }

    ClusterNotReady(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Returns if everything is there.
   *
   * @throws ClusterNotReady otherwise
   */
  public void run() {
    reachable();
    namespace();
    sessions();
  }

  private void reachable() {
    try {
      client.getKubernetesVersion();
    } catch (KubernetesClientException unreachable) {
      throw new ClusterNotReady(
          "the cluster at "
              + client.getMasterUrl()
              + " does not answer: "
              + cause(unreachable)
              + " (try: kubectl version)",
          unreachable);
    }
  }

  private void namespace() {
    try {
      if (client.namespaces().withName(settings.namespace()).get() == null) {
        throw new ClusterNotReady(
            "the cluster has no namespace "
                + settings.namespace()
                + " for sessions (make it: kubectl create namespace "
                + settings.namespace()
                + ", or install the chart)");
      }
    } catch (KubernetesClientException refused) {
      // The right to look at namespaces is not one that is needed otherwise.
      if (refused.getCode() != FORBIDDEN) {
        throw new ClusterNotReady("cannot look for namespaces: " + cause(refused), refused);
      }
    }
  }

  private void sessions() {
    try {
      boolean known =
          client.getApiResources(VERSION) != null
              && client.getApiResources(VERSION).getResources().stream()
                  .anyMatch(each -> each.getName().equals(SESSIONS));
      if (!known) {
        throw new ClusterNotReady(
            "the cluster does not know "
                + SESSIONS
                + "."
                + Labels.GROUP
                + " (install it: kubectl apply -f deploy/src/main/helm/notebay/crds/)");
      }
    } catch (KubernetesClientException refused) {
      throw new ClusterNotReady("cannot look for " + SESSIONS + ": " + cause(refused), refused);
    }
  }

  private static String cause(KubernetesClientException failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost.getMessage() == null
        ? innermost.getClass().getSimpleName()
        : innermost.getMessage();
  }
}
