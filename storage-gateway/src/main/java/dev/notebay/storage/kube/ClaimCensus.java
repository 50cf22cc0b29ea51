package dev.notebay.storage.kube;

import dev.notebay.storage.core.volume.ClaimCounts;
import dev.notebay.storage.core.volume.ClaimCounts.Counts;
import dev.notebay.storage.core.volume.StorageException;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;

/** Counts this installation's claims now and then, so that operators see what people wait for. */
public final class ClaimCensus {
  private static final System.Logger LOG = System.getLogger(ClaimCensus.class.getName());
  private static final Duration EVERY = Duration.ofMinutes(1);

  private final ClaimApi api;
  private final ClaimSettings settings;
  private final ClaimCounts counts;
  private Instant next = Instant.MIN;

  public ClaimCensus(KubernetesClient client, ClaimSettings settings, ClaimCounts counts) {
    this.api = new ClaimApi(client, settings.namespace());
    this.settings = settings;
    this.counts = counts;
  }

  /** Counts, if the last time is long enough ago at {@code now}. Not for several threads. */
  public void runOnce(Instant now) {
    if (now.isBefore(next)) {
      return;
    }
    next = now.plus(EVERY);
    try {
      counts.counted(count(api.list(Claims.selector(settings))));
    } catch (StorageException.ClusterUnavailable | StorageException.ClaimUnusable failure) {
      LOG.log(System.Logger.Level.WARNING, "claims not counted cause=" + failure.getMessage());
    }
  }

  private static Counts count(Iterable<PersistentVolumeClaim> claims) {
    long unused = 0;
    long waiting = 0;
    long bound = 0;
    long lost = 0;
    for (PersistentVolumeClaim claim : claims) {
      switch (Claims.phase(claim)) {
        case PENDING -> {
          if (Claims.isWanted(claim)) {
            waiting++;
          } else {
            unused++;
          }
        }
        case BOUND -> bound++;
        case LOST -> lost++;
      }
    }
    return new Counts(unused, waiting, bound, lost);
  }
}
