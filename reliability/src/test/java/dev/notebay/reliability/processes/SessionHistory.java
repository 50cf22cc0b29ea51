package dev.notebay.reliability.processes;

import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.reliability.history.History;
import dev.notebay.reliability.history.Linearizability;
import dev.notebay.reliability.history.Phase;
import dev.notebay.reliability.history.SessionAnswer;
import dev.notebay.reliability.history.SessionAnswer.Refusal;
import dev.notebay.reliability.history.SessionCall;
import dev.notebay.reliability.history.SessionSpecification;
import dev.notebay.reliability.history.Sighting;
import dev.notebay.reliability.history.Verdict;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What people asked of sessions and what they were answered, every attempt for itself. Extensions
 * are left out: only an agent that knows of activity lets them be seen.
 */
final class SessionHistory {
  private static final long BUDGET = 5_000_000;
  private final History<SessionCall, SessionAnswer> history = new History<>();

  /** Makes one call and notes it; its failure passes through. */
  <T> T noting(
      String person,
      SessionCall call,
      Function<T, Optional<SessionAnswer>> meaning,
      Supplier<T> made) {
    var noted = history.begin(person, call, System.nanoTime());
    try {
      T answer = made.get();
      meaning.apply(answer).ifPresent(means -> noted.answered(means, System.nanoTime()));
      return answer;
    } catch (StatusRuntimeException failure) {
      if (failure.getStatus().getCode() == Code.RESOURCE_EXHAUSTED) {
        noted.answered(new SessionAnswer.Refused(Refusal.TOO_MANY_SESSIONS), System.nanoTime());
      }
      throw failure;
    }
  }

  static Optional<SessionAnswer> meaning(Session session) {
    return Optional.of(new SessionAnswer.One(sighting(session)));
  }

  /** Of a list in one page; a longer one is not one call. */
  static Optional<SessionAnswer> meaning(ListSessionsResponse list) {
    List<Sighting> sightings =
        list.getSessionsList().stream().map(SessionHistory::sighting).toList();
    return list.getNextPageToken().isEmpty()
        ? Optional.of(new SessionAnswer.Many(sightings))
        : Optional.empty();
  }

  private static Sighting sighting(Session session) {
    Phase phase = Phase.labelled(session.getState().name().substring("STATE_".length()));
    boolean ends = phase == Phase.STOPPING || phase == Phase.ENDED;
    return new Sighting(
        id(session.getName()),
        new Owner(session.getOwner()),
        Long.parseLong(session.getEtag()),
        phase,
        ends
            ? Optional.of(
                EndReason.valueOf(session.getReason().name().substring("REASON_".length())))
            : Optional.empty(),
        Optional.empty());
  }

  /** The id in a session's name. */
  static SessionId id(String name) {
    return SessionId.parse(name.substring(name.lastIndexOf('/') + 1)).orElseThrow();
  }

  /** Why no order of the calls explains the answers, where none does. */
  List<String> violations() {
    return Linearizability.check(new SessionSpecification(true), history.operations(), BUDGET)
            instanceof Verdict.Violation<SessionCall, SessionAnswer> violation
        ? List.of("not linearizable: " + violation.describe())
        : List.of();
  }
}
