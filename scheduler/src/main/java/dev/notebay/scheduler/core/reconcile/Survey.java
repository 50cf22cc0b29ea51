package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A look at everything, a part in each pass, so that nobody waits for all of it. The ids of
 * sessions, which are random, say which part they and their runtimes are of.
 */
final class Survey {
  /** Sessions or runtimes: as many as are looked at in a few milliseconds. */
  private static final int PART = 4_000;

  /** As many passes as a loop surely takes in a row. */
  private static final int MOST_PARTS = 12;

  private final List<Part> parts = new ArrayList<>();
  private List<RuntimeView> every = List.of();
  private int next;

  /** What is of one part, as it was when the survey began. */
  private record Part(List<SessionId> sessions, List<RuntimeView> runtimes) {
    private Part() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  boolean isUnderWay() {
    return next < parts.size();
  }

  /** From now on the first part is looked at. */
  void begin(Collection<Session> sessions, List<RuntimeView> runtimes) {
    abandon();
    every = runtimes;
    int count = Math.clamp(1 + Math.max(sessions.size(), runtimes.size()) / PART, 1, MOST_PARTS);
    for (int part = 0; part < count; part++) {
      parts.add(new Part());
    }
    sessions.forEach(session -> parts.get(partOf(session.id())).sessions().add(session.id()));
    runtimes.forEach(
        runtime -> parts.get(partOf(runtime.name().session())).runtimes().add(runtime));
  }

  /** The part has been looked at. */
  void advance() {
    next++;
    if (!isUnderWay()) {
      abandon();
    }
  }

  void abandon() {
    parts.clear();
    every = List.of();
    next = 0;
  }

  boolean isAtLastPart() {
    return next == parts.size() - 1;
  }

  /** Of all parts. */
  List<RuntimeView> everyRuntime() {
    return every;
  }

  boolean isOfPart(SessionId session) {
    return isUnderWay() && partOf(session) == next;
  }

  /** Those of the part that were placed when it began. */
  List<SessionId> sessions() {
    return isUnderWay() ? parts.get(next).sessions() : List.of();
  }

  /** The part's runtimes, as they were when it began. */
  List<RuntimeView> runtimes() {
    return isUnderWay() ? parts.get(next).runtimes() : List.of();
  }

  private int partOf(SessionId session) {
    return Math.floorMod(session.hashCode(), parts.size());
  }
}
