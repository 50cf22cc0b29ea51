package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Owner;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** All that wait in one queue, by person; and how many of them ask for the same, for how long. */
final class Line {
  private static final TreeMap<Long, Integer> NONE = new TreeMap<>();

  private final String queue;
  private final Map<Owner, SortedSet<Entry>> people = new HashMap<>();
  private final Map<Request, TreeMap<Long, Integer>> lengths = new HashMap<>();
  private int size;

  Line(String queue) {
    this.queue = queue;
  }

  void add(Entry entry) {
    people.computeIfAbsent(entry.waiting.owner(), _ -> new TreeSet<>(Entry.BY_RANK)).add(entry);
    lengths
        .computeIfAbsent(entry.waiting.request(), _ -> new TreeMap<>())
        .merge(entry.length, 1, Integer::sum);
    size++;
  }

  void remove(Entry entry) {
    people.computeIfPresent(
        entry.waiting.owner(),
        (_, entries) -> {
          entries.remove(entry);
          return entries.isEmpty() ? null : entries;
        });
    lengths.computeIfPresent(
        entry.waiting.request(),
        (_, byLength) -> {
          byLength.computeIfPresent(entry.length, (_, count) -> count == 1 ? null : count - 1);
          return byLength.isEmpty() ? null : byLength;
        });
    size--;
  }

  String queue() {
    return queue;
  }

  int size() {
    return size;
  }

  /** Each person's sessions, the first to be placed first. */
  Map<Owner, SortedSet<Entry>> people() {
    return Collections.unmodifiableMap(people);
  }

  /** All that is asked for. */
  Set<Request> requests() {
    return Collections.unmodifiableSet(lengths.keySet());
  }

  /** For how long at least one of {@link #requests} is wanted. */
  long shortest(Request request) {
    return lengths.getOrDefault(request, NONE).firstKey();
  }
}
