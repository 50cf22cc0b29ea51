package dev.notebay.scheduler.kube;

import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.Optional;

/** Tells which object stands for a session on the cluster: it owns what is made for the session. */
@FunctionalInterface
public interface SessionOwners {
  /**
   * What to write into the session's other objects, so that they go when its object is gone. Where
   * there is no such object yet, it is made: this may ask the API server, and wait for it.
   *
   * @param person whose session it is, and so whose object
   * @return empty where the cluster knows no such objects: whoever asks goes on without
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server refuses the
   *     object, or does not answer
   * @throws dev.notebay.scheduler.core.SchedulerException when it cannot be told now
   */
  Optional<OwnerReference> ownerOf(SessionId session, Owner person);
}
