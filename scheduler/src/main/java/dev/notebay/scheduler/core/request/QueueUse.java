package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.request.QueueView.ClassUse;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What all queues use at one time, counted once for all of them. */
final class QueueUse {
  private final Queues queues;
  private final Map<Slot, Long> held = new HashMap<>();
  private final Map<Slot, Long> wanted = new HashMap<>();
  private final Map<String, Integer> running = new HashMap<>();
  private final Map<String, Integer> waiting = new HashMap<>();

  private record Slot(String queue, String accelerator) {}

  QueueUse(Queues queues, Collection<Session> sessions) {
    this.queues = queues;
    sessions.forEach(this::count);
  }

  private void count(Session session) {
    String queue = session.spec().queue();
    Optional<Assignment> assignment = session.state().held();
    if (assignment.isPresent()) {
      running.merge(queue, 1, Integer::sum);
      held.merge(
          new Slot(queue, assignment.get().type()),
          (long) assignment.get().devices().size() * session.spec().accelerator().milli(),
          Long::sum);
    } else if (session.state() instanceof Queued) {
      waiting.merge(queue, 1, Integer::sum);
      Accelerator accelerator = session.spec().accelerator();
      wanted.merge(
          new Slot(queue, accelerator.type()),
          (long) accelerator.count() * accelerator.milli(),
          Long::sum);
    }
  }

  QueueView of(QueueSpec queue) {
    List<QueueSpec> peers = queue.cohort().map(queues::inCohort).orElse(List.of(queue));
    return new QueueView(
        queue,
        classesOf(queue).stream().map(type -> use(queue, type, peers)).toList(),
        queue.weight() / peers.stream().mapToDouble(QueueSpec::weight).sum(),
        waiting.getOrDefault(queue.name(), 0),
        running.getOrDefault(queue.name(), 0));
  }

  private Set<String> classesOf(QueueSpec queue) {
    Set<String> classes = new TreeSet<>();
    queue.quotas().forEach(quota -> classes.add(quota.accelerator()));
    for (Map<Slot, Long> counted : List.of(held, wanted)) {
      counted.keySet().stream()
          .filter(slot -> slot.queue().equals(queue.name()))
          .forEach(slot -> classes.add(slot.accelerator()));
    }
    classes.remove(Accelerator.NONE.type());
    return classes;
  }

  private ClassUse use(QueueSpec queue, String type, List<QueueSpec> peers) {
    long inUse = held(queue, type);
    long together = peers.stream().mapToLong(peer -> held(peer, type)).sum();
    return new ClassUse(
        type,
        queue.quotas().stream()
            .filter(quota -> quota.accelerator().equals(type))
            .mapToLong(Quota::nominalMilli)
            .sum(),
        inUse,
        wanted.getOrDefault(new Slot(queue.name(), type), 0L),
        together == 0 ? 0 : (double) inUse / together);
  }

  private long held(QueueSpec queue, String type) {
    return held.getOrDefault(new Slot(queue.name(), type), 0L);
  }
}
