package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** All that is decided about sessions that wait: for the leader's pass, and for those who ask. */
public interface WaitingLine {
  /**
   * Decides about every waiting session, for one pass of the leader, in its thread.
   *
   * @param waiting all queued sessions
   * @param placed all others that are unfinished; they hold what they hold
   * @return in the order of the queue
   */
  List<Queue.Outcome> decide(
      Collection<Session> waiting, Collection<Session> placed, List<Node> nodes, Instant now);

  /** Why the fleet could not hold such a session even if it were empty; empty where it could. */
  Optional<Decision.Never> never(SessionSpec spec);

  /**
   * What would be decided now about each of {@code queued}, whether or not the line knows it yet;
   * for any thread.
   *
   * @return in the same order
   */
  List<Queue.Outcome> outlook(List<Session> queued, Instant now);
}
