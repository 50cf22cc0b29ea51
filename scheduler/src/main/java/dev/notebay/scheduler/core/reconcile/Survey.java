package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A look at everything, a part in each pass, so that nobody waits for all of it. The ids of
 * sessions, which are random, say which part they and their runtimes are of.
 */
final class Survey {
  /** Sessions or runtimes: as many as are looked at in a few milliseconds. */
  private static final int PART = 4_000;

  /** As many passes as a loop surely takes in a row. */
  private static final int MOST_PARTS = 12;

  private Parts parts = Parts.NONE;
  private int next;

  /** What there is of everything at one time. */
  record Parts(List<Part> parts, List<RuntimeView> everyRuntime) {
    private static final Parts NONE = new Parts(List.of(), List.of());

    static Parts of(List<SessionId> sessions, List<RuntimeView> runtimes) {
      int count = Math.clamp(1 + Math.max(sessions.size(), runtimes.size()) / PART, 1, MOST_PARTS);
      List<Part> parts = Stream.generate(Part::new).limit(count).toList();
      sessions.forEach(session -> parts.get(partOf(session, count)).sessions().add(session));
      runtimes.forEach(
          runtime -> parts.get(partOf(runtime.name().session(), count)).runtimes().add(runtime));
      return new Parts(parts, runtimes);
    }
  }

  private record Part(List<SessionId> sessions, List<RuntimeView> runtimes) {
    private Part() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Whether so many take more than one part, and long to be divided. */
  static boolean isLarge(int sessions) {
    return sessions >= PART;
  }

  boolean isUnderWay() {
    return next < parts.parts().size();
  }

  /** From now on the first part is looked at. */
  void begin(Parts all) {
    parts = all;
    next = 0;
  }

  /** The part has been looked at. */
  void advance() {
    next++;
    if (!isUnderWay()) {
      abandon();
    }
  }

  void abandon() {
    begin(Parts.NONE);
  }

  boolean isAtLastPart() {
    return next == parts.parts().size() - 1;
  }

  /** Of all parts. */
  List<RuntimeView> everyRuntime() {
    return parts.everyRuntime();
  }

  boolean isOfPart(SessionId session) {
    return isUnderWay() && partOf(session, parts.parts().size()) == next;
  }

  /** Those of the part that were placed when it began. */
  List<SessionId> sessions() {
    return isUnderWay() ? parts.parts().get(next).sessions() : List.of();
  }

  /** The part's runtimes, as they were when it began. */
  List<RuntimeView> runtimes() {
    return isUnderWay() ? parts.parts().get(next).runtimes() : List.of();
  }

  private static int partOf(SessionId session, int parts) {
    return Math.floorMod(session.hashCode(), parts);
  }
}
