package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.EtagMismatch;
import dev.notebay.scheduler.core.SchedulerException.Impossible;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.SchedulerException.QueueInUse;
import dev.notebay.scheduler.core.SchedulerException.QueueNotFound;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.PriorityRange;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.QueueStore;
import dev.notebay.scheduler.core.queue.QueueStore.Stored;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What operators and people may ask of queues. */
public final class QueueRequests {
  private static final int SHOWN = 10;

  private final QueueStore store;
  private final PresentQueues present;
  private final Supplier<? extends Collection<Session>> unfinished;
  private final Runnable changed;

  /**
   * @param unfinished all sessions that are not over
   * @param changed told when queues were changed here
   */
  public QueueRequests(
      QueueStore store,
      PresentQueues present,
      Supplier<? extends Collection<Session>> unfinished,
      Runnable changed) {
    this.store = store;
    this.present = present;
    this.unfinished = unfinished;
    this.changed = changed;
  }

  /**
   * Makes the queues those that are stated, in one compare-and-set.
   *
   * @param etag of what the operator has seen, if that matters to them
   * @param validateOnly change nothing
   * @throws InvalidField naming the field that is wrong
   * @throws QueueInUse when a queue would go that unfinished sessions are in
   * @throws EtagMismatch when the queues have changed since the operator looked, or just now
   */
  public QueueChanges apply(List<QueueSpec> stated, Optional<String> etag, boolean validateOnly) {
    Queues next = Queues.of(stated);
    Stored before = store.read();
    if (etag.isPresent() && !etag.get().equals(etagOf(before))) {
      throw new EtagMismatch("the queues have", etag.get());
    }
    QueueChanges changes = QueueChanges.between(before.queues(), next, etagOf(before));
    requireUnused(changes.deleted());
    if (validateOnly) {
      return changes;
    }
    Stored after =
        store
            .replace(next, before.version())
            .orElseThrow(() -> new EtagMismatch("the queues have", etagOf(before)));
    present.refresh();
    changed.run();
    return QueueChanges.between(before.queues(), next, etagOf(after));
  }

  /** Sessions that come into a queue just now are let wait in vain, not lost. */
  private void requireUnused(List<String> deleted) {
    Map<String, Long> sessions =
        unfinished.get().stream()
            .filter(session -> !(session.state() instanceof Ended))
            .map(session -> session.spec().queue())
            .filter(deleted::contains)
            .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
    for (String name : deleted) {
      if (sessions.containsKey(name)) {
        throw new QueueInUse(name, sessions.get(name));
      }
    }
  }

  /** All queues by name, as they are now, with the etag of them all. */
  public Listing list() {
    Stored stored = present.refresh();
    var use = new QueueUse(stored.queues(), unfinished.get());
    return new Listing(stored.queues().all().stream().map(use::of).toList(), etagOf(stored));
  }

  /** All queues, and what {@link #apply} takes to change exactly these. */
  public record Listing(List<QueueView> queues, String etag) {}

  /**
   * @throws QueueNotFound when there is none of this name
   */
  public QueueView get(String name) {
    Queues queues = present.refresh().queues();
    return new QueueUse(queues, unfinished.get())
        .of(queues.find(name).orElseThrow(() -> notFound(name, queues)));
  }

  /** Why no such session may come into the queue that it names; empty if it may. */
  public Optional<SchedulerException> objection(SessionSpec spec) {
    Queues queues = present.queues();
    if (queues.find(spec.queue()).isEmpty()) {
      // It may have been made by another replica just now.
      queues = present.refresh().queues();
    }
    Optional<QueueSpec> queue = queues.find(spec.queue());
    if (queue.isEmpty()) {
      return Optional.of(notFound(spec.queue(), queues));
    }
    PriorityRange priorities = queue.get().priorities();
    if (!priorities.has(spec.priority())) {
      return Optional.of(
          new InvalidField(
              "session.priority",
              Integer.toString(spec.priority()),
              priorities.lowest() + " to " + priorities.highest() + " in queue " + spec.queue()));
    }
    List<String> types = spec.accelerator().types();
    return types.stream().anyMatch(queue.get()::allows)
        ? Optional.empty()
        : Optional.of(noQuota(queue.get(), String.join(" or ", types)));
  }

  private static Impossible noQuota(QueueSpec queue, String types) {
    String possible =
        queue.quotas().stream().map(Quota::accelerator).collect(Collectors.joining(", "));
    return new Impossible(
        "NO_QUOTA_FOR_CLASS",
        "queue " + queue.name() + " has no quota for " + types + "; possible: none, " + possible,
        Map.of("queue", queue.name(), "accelerator", types, "possible", "none, " + possible));
  }

  private static QueueNotFound notFound(String name, Queues queues) {
    return new QueueNotFound(
        name,
        queues.all().stream().map(QueueSpec::name).limit(SHOWN).collect(Collectors.joining(", "))
            + (queues.all().size() > SHOWN ? ", …" : ""));
  }

  private static String etagOf(Stored stored) {
    return Long.toString(stored.version());
  }
}
