package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Owner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * All that wait, the next to be placed first, told one by one so that nobody sorts what nobody asks
 * for.
 *
 * <ol>
 *   <li>Of the queues, first those whose next session is within nominal quota, then those that
 *       would borrow for it.
 *   <li>Of those, the one that has used least GPU time for its weight, with a constant for each
 *       device that it holds. Each session that has its turn is charged to its queue and its person
 *       at once, with the time that it may take, so that they take turns.
 *   <li>Within a queue: the higher priority; then who has used least; then who has waited longest;
 *       then by id.
 * </ol>
 */
final class FairOrder {
  /** What a session without devices is charged for, so that such queues take turns as well. */
  private static final long LEAST_MILLI = 10;

  private static final double MICROS = 1_000_000;

  private final PriorityQueue<QueueTurn> queues = new PriorityQueue<>(QueueTurn.LEAST_USED_FIRST);
  private final Set<String> skipped = new HashSet<>();
  private final Horizon horizon;
  private final DecayedUsage usage;
  private final long charge;
  private final long longest;
  private final long now;

  FairOrder(
      Collection<Line> lines,
      Horizon horizon,
      DecayedUsage usage,
      QueueSettings settings,
      long now) {
    this(horizon, usage, settings, now);
    lines.forEach(line -> add(line.queue(), line.people()));
  }

  private FairOrder(Horizon horizon, DecayedUsage usage, QueueSettings settings, long now) {
    this.charge = settings.entryCharge().toSeconds();
    this.longest = Timeline.micros(settings.halfLife());
    this.horizon = horizon;
    this.usage = usage;
    this.now = now;
  }

  /** Only of those that ask for one of these, by queue. */
  static FairOrder of(
      Map<Line, Set<Request>> some,
      Horizon horizon,
      DecayedUsage usage,
      QueueSettings settings,
      long now) {
    var order = new FairOrder(horizon, usage, settings, now);
    some.forEach((line, requests) -> order.add(line.queue(), line.people(requests)));
    return order;
  }

  private void add(String name, Map<Owner, SortedSet<Entry>> people) {
    Optional<QueueSpec> queue = horizon.queues().find(name);
    if (queue.isPresent() && !people.isEmpty()) {
      queues.add(new QueueTurn(queue.get(), people));
    }
  }

  /** Null after the last. */
  @Nullable Entry next() {
    QueueTurn turn = queues.poll();
    while (turn != null && skipped.contains(turn.queue.name())) {
      turn = queues.poll();
    }
    if (turn == null) {
      return null;
    }
    Entry entry = turn.take();
    if (turn.advance()) {
      queues.add(turn);
    }
    return entry;
  }

  /** Tells no more of this queue. */
  void skip(String queue) {
    skipped.add(queue);
  }

  private final class QueueTurn {
    private static final Comparator<QueueTurn> LEAST_USED_FIRST =
        Comparator.<QueueTurn, Boolean>comparing(turn -> turn.borrows)
            .thenComparingDouble(turn -> turn.used / turn.queue.weight())
            .thenComparing(turn -> turn.queue.name());

    private final QueueSpec queue;
    private final PriorityQueue<PersonTurn> people;
    private final Map<String, Long> taken = new HashMap<>();
    private double used;
    private boolean borrows;

    private QueueTurn(QueueSpec queue, Map<Owner, SortedSet<Entry>> people) {
      this.queue = queue;
      this.used = usage.charged(queue.name(), now, charge);
      List<PersonTurn> turns = new ArrayList<>(people.size());
      people.forEach(
          (owner, entries) ->
              turns.add(
                  new PersonTurn(
                      entries.iterator(), usage.charged(queue.name(), owner, now, charge))));
      // All at once, which takes less than one after the other.
      this.people = new PriorityQueue<>(turns);
      look();
    }

    private Entry take() {
      PersonTurn person = people.remove();
      Entry entry = person.head;
      long milli = milli(entry);
      taken.merge(typeFor(entry), milli, Long::sum);
      double charged = Math.max(milli, LEAST_MILLI) * (Math.min(entry.length, longest) / MICROS);
      used += charged;
      person.used += charged;
      if (person.advance()) {
        people.add(person);
      }
      return entry;
    }

    private boolean advance() {
      look();
      return !people.isEmpty();
    }

    private void look() {
      PersonTurn first = people.peek();
      borrows = first != null && !isNominal(first.head, typeFor(first.head));
    }

    /** The first class that is within nominal, else the first. */
    private String typeFor(Entry entry) {
      for (String type : entry.waiting.request().accelerator().types()) {
        if (queue.allows(type) && isNominal(entry, type)) {
          return type;
        }
      }
      return entry.waiting.request().accelerator().type();
    }

    private boolean isNominal(Entry entry, String type) {
      return horizon
          .share(queue.name(), type)
          .map(
              share ->
                  share.member().usedAt(now) + taken.getOrDefault(type, 0L) + milli(entry)
                      <= share.member().nominal())
          .orElse(true);
    }

    private static long milli(Entry entry) {
      return (long) entry.waiting.request().accelerator().count()
          * entry.waiting.request().accelerator().milli();
    }
  }

  private static final class PersonTurn implements Comparable<PersonTurn> {
    private final Iterator<Entry> entries;
    private Entry head;
    private double used;

    private PersonTurn(Iterator<Entry> entries, double used) {
      this.entries = entries;
      this.head = entries.next();
      this.used = used;
    }

    /** The first to be placed first. */
    @Override
    public int compareTo(PersonTurn other) {
      int byPriority = Integer.compare(other.head.waiting.priority(), head.waiting.priority());
      if (byPriority != 0) {
        return byPriority;
      }
      int byUse = Double.compare(used, other.used);
      return byUse != 0 ? byUse : Entry.BY_RANK.compare(head, other.head);
    }

    private boolean advance() {
      if (entries.hasNext()) {
        head = entries.next();
        return true;
      }
      return false;
    }
  }
}
