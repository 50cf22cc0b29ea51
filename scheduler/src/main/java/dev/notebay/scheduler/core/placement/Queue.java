package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides about every waiting session at once, who has waited longest first.
 *
 * <ol>
 *   <li>A session that fits is placed, and what it takes is gone for those behind it.
 *   <li>A session that must wait keeps a reservation on the node where it lacks least: those behind
 *       it may only take what it does not need, so that small requests cannot starve a large one.
 *   <li>A session held back (its volume is in use) waits without a reservation.
 * </ol>
 *
 * Waiting sessions have positions 1, 2, … in the same order.
 */
public final class Queue {
  private static final Comparator<Session> LONGEST_WAIT_FIRST =
      Comparator.<Session, Instant>comparing(Session::created).thenComparing(Session::id);

  private final BestFit placement;

  public Queue(BestFit placement) {
    this.placement = placement;
  }

  /**
   * What was decided about one waiting session.
   *
   * @param position 1 for the first that waits; 0 where it is placed or can never be
   */
  public record Outcome(Session session, Decision decision, int position) {}

  /**
   * Decides about all queued sessions among {@code sessions}; the others hold what they hold.
   *
   * @return in the order of the queue
   */
  public List<Outcome> decide(Collection<Session> sessions, List<Node> nodes, Instant now) {
    FleetSnapshot free = FleetSnapshot.of(nodes, sessions);
    FleetSnapshot unreserved = free;
    List<Outcome> outcomes = new ArrayList<>();
    int position = 0;
    for (Session session : inOrder(sessions)) {
      SessionSpec spec = session.spec();
      Decision decision = heldBack(session, now);
      if (decision == null) {
        decision = placement.decide(spec.accelerator(), spec.compute(), unreserved);
        if (decision instanceof Decision.Wait
            && placement.decide(spec.accelerator(), spec.compute(), free)
                instanceof Decision.Place) {
          decision =
              new Decision.Wait(
                  WaitReason.WAITING_BEHIND_OTHERS,
                  "what is free is kept for sessions that have waited longer (ahead: "
                      + position
                      + ")");
        }
        switch (decision) {
          case Decision.Place(var allotment, _) -> {
            Set<String> ids = Set.copyOf(allotment.devices());
            free = free.without(allotment.node(), spec.compute(), ids);
            unreserved = unreserved.without(allotment.node(), spec.compute(), ids);
          }
          case Decision.Wait _ -> unreserved = reserve(spec, unreserved);
          case Decision.Never _, Decision.Preempt _ -> {}
        }
      }
      outcomes.add(
          new Outcome(session, decision, decision instanceof Decision.Wait ? ++position : 0));
    }
    return outcomes;
  }

  private static List<Session> inOrder(Collection<Session> sessions) {
    return sessions.stream()
        .filter(session -> session.state() instanceof Queued)
        .sorted(LONGEST_WAIT_FIRST)
        .toList();
  }

  private static Decision.@org.jspecify.annotations.Nullable Wait heldBack(
      Session session, Instant now) {
    return session.state() instanceof Queued(_, var heldBack, _)
            && heldBack.isPresent()
            && now.isBefore(heldBack.get().until())
        ? new Decision.Wait(WaitReason.VOLUME_IN_USE, heldBack.get().why())
        : null;
  }

  private FleetSnapshot reserve(SessionSpec spec, FleetSnapshot free) {
    Accelerator wanted = placement.possible(spec.accelerator(), spec.compute(), free);
    String node = placement.mostPromising(wanted, spec.compute(), free);
    Set<String> devices =
        free.nodes().stream()
            .filter(candidate -> candidate.node().name().equals(node))
            .flatMap(candidate -> candidate.fitting(wanted).stream())
            .limit(wanted.count())
            .map(Device::id)
            .collect(Collectors.toCollection(HashSet::new));
    return free.without(node, spec.compute(), devices);
  }

  /** Devices of each accelerator class that nobody holds. */
  public static Map<String, Long> freeByType(Collection<Session> sessions, List<Node> nodes) {
    Map<String, Set<String>> held = new HashMap<>();
    for (Session session : sessions) {
      session
          .state()
          .held()
          .ifPresent(
              on -> held.computeIfAbsent(on.node(), _ -> new HashSet<>()).addAll(on.devices()));
    }
    return nodes.stream()
        .flatMap(
            node ->
                node.devices().stream()
                    .filter(
                        device -> !held.getOrDefault(node.name(), Set.of()).contains(device.id())))
        .collect(Collectors.groupingBy(Device::type, Collectors.counting()));
  }
}
