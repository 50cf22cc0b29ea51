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
  private final Map<Request, Map<Owner, SortedSet<Entry>>> byRequest = new HashMap<>();
  private final Map<Request, TreeMap<Long, Integer>> lengths = new HashMap<>();
  private int size;

  Line(String queue) {
    this.queue = queue;
  }

  void add(Entry entry) {
    add(people, entry);
    add(byRequest.computeIfAbsent(entry.waiting.request(), _ -> new HashMap<>()), entry);
    lengths
        .computeIfAbsent(entry.waiting.request(), _ -> new TreeMap<>())
        .merge(entry.length, 1, Integer::sum);
    size++;
  }

  void remove(Entry entry) {
    remove(people, entry);
    byRequest.computeIfPresent(
        entry.waiting.request(),
        (_, byOwner) -> {
          remove(byOwner, entry);
          return byOwner.isEmpty() ? null : byOwner;
        });
    lengths.computeIfPresent(
        entry.waiting.request(),
        (_, byLength) -> {
          byLength.computeIfPresent(entry.length, (_, count) -> count == 1 ? null : count - 1);
          return byLength.isEmpty() ? null : byLength;
        });
    size--;
  }

  private static void add(Map<Owner, SortedSet<Entry>> byOwner, Entry entry) {
    byOwner.computeIfAbsent(entry.waiting.owner(), _ -> new TreeSet<>(Entry.BY_RANK)).add(entry);
  }

  private static void remove(Map<Owner, SortedSet<Entry>> byOwner, Entry entry) {
    byOwner.computeIfPresent(
        entry.waiting.owner(),
        (_, entries) -> {
          entries.remove(entry);
          return entries.isEmpty() ? null : entries;
        });
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

  /** Each person's sessions that ask for one of these, the first to be placed first. */
  Map<Owner, SortedSet<Entry>> people(Set<Request> requests) {
    if (requests.size() == 1) {
      return Collections.unmodifiableMap(
          byRequest.getOrDefault(requests.iterator().next(), Map.of()));
    }
    Map<Owner, SortedSet<Entry>> some = new HashMap<>();
    for (Request request : requests) {
      byRequest
          .getOrDefault(request, Map.of())
          .forEach(
              (owner, entries) ->
                  some.computeIfAbsent(owner, _ -> new TreeSet<>(Entry.BY_RANK)).addAll(entries));
    }
    return some;
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
