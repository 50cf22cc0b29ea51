package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The line as {@link Queue} decides it: anew from all sessions each time. */
public final class QueueLine implements WaitingLine {
  private final BestFit placement = new BestFit();
  private final Queue queue = new Queue(placement);
  private final UnfinishedSessions unfinished;
  private final Fleet fleet;

  public QueueLine(UnfinishedSessions unfinished, Fleet fleet) {
    this.unfinished = unfinished;
    this.fleet = fleet;
  }

  @Override
  public List<Queue.Outcome> decide(
      Collection<Session> waiting, Collection<Session> placed, List<Node> nodes, Instant now) {
    return waiting.isEmpty()
        ? List.of()
        : queue.decide(Stream.concat(placed.stream(), waiting.stream()).toList(), nodes, now);
  }

  @Override
  public Optional<Decision.Never> never(SessionSpec spec) {
    FleetSnapshot empty = FleetSnapshot.of(fleet.nodes(), List.of());
    return placement.decide(spec.accelerator(), spec.compute(), empty)
            instanceof Decision.Never never
        ? Optional.of(never)
        : Optional.empty();
  }

  @Override
  public List<Queue.Outcome> outlook(List<Session> queued, Instant now) {
    if (queued.isEmpty()) {
      return List.of();
    }
    Set<SessionId> asked = queued.stream().map(Session::id).collect(Collectors.toSet());
    List<Session> others =
        unfinished.copy().stream().filter(session -> !asked.contains(session.id())).toList();
    Map<SessionId, Queue.Outcome> outcomes =
        queue
            .decide(Stream.concat(others.stream(), queued.stream()).toList(), fleet.nodes(), now)
            .stream()
            .collect(Collectors.toMap(outcome -> outcome.session().id(), Function.identity()));
    return queued.stream()
        .map(session -> Objects.requireNonNull(outcomes.get(session.id()), "queued: not queued"))
        .toList();
  }
}
