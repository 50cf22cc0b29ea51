package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.kube.session.SessionHappenings.Happening;
import java.time.Instant;
import java.util.Optional;

/**
 * Writes objects of sessions, as one field manager: what it wrote before and does not write any
 * more is taken away, and what others manage is left alone. Doing the same twice changes nothing.
 * Every method throws {@link io.fabric8.kubernetes.client.KubernetesClientException} when the API
 * server refuses or does not answer.
 */
interface SessionObjectApi {
  /**
   * Writes labels, finalizers and, where there is one, the spec.
   *
   * @param object with the uid of the object that is meant; without one it is made if need be
   * @return the object afterwards; empty where the one with that uid is gone
   */
  Optional<NotebookSession> apply(NotebookSession object);

  /**
   * Writes the status only.
   *
   * @return the object afterwards; empty where the one with that uid is gone
   */
  Optional<NotebookSession> applyStatus(NotebookSession object);

  /**
   * Deletes the object if it is still as it was read.
   *
   * @return false where it is another by now: nothing was done
   */
  boolean delete(NotebookSession object);

  /** Tells those who look at the object what happened. */
  void record(NotebookSession about, Happening happening, Instant at);
}
