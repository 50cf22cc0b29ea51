package dev.notebay.scheduler.kube;

import dev.notebay.scheduler.core.session.SessionId;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.Optional;

/** Tells which object stands for a session on the cluster: it owns what is made for the session. */
@FunctionalInterface
public interface SessionOwners {
  /**
   * What to write into the session's other objects, so that they go when its object is gone; empty
   * while there is no such object, or none is known yet: whoever asks goes on without.
   */
  Optional<OwnerReference> ownerOf(SessionId session);
}
